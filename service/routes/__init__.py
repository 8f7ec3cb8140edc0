"""The routes, one group in one file."""

from __future__ import annotations

from service.routes import chat, health, metrics, page, sessions

ROUTERS = (chat.router, health.router, metrics.router, page.router, sessions.router)
