"""The routes, one group in one file."""

from __future__ import annotations

from service.routes import chat, health, metrics, sessions

ROUTERS = (chat.router, health.router, metrics.router, sessions.router)
