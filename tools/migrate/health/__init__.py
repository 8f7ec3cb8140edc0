"""Where an app answers a host's health check already, and how a route for it is added."""

from __future__ import annotations
