"""The routes, one group in one file."""

from __future__ import annotations

from service.routes import chat, health, metrics, openai, page, sessions

ROUTERS = (
    chat.router,
    health.router,
    metrics.router,
    openai.models,
    openai.router,
    page.router,
    sessions.router,
)
