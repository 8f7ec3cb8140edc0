"""What a served app runs again and again: for each request, message or run of the script."""

from __future__ import annotations
