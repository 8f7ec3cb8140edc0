"""Dictionaries and lists that live as long as the process: where they grow, and what reads them."""

from __future__ import annotations
