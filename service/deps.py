"""What routes ask for."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from service.errors import Problem
from service.running import Running


async def _running(request: Request) -> Running:
    running = request.app.state.running
    if not isinstance(running, Running):
        raise Problem(503, "Model and store are not loaded.", {"Retry-After": "1"})
    return running


RunningDep = Annotated[Running, Depends(_running)]
