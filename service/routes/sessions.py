"""DELETE /sessions/{id}: forget a conversation."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Response

from service.deps import RunningDep
from service.errors import Problem
from service.responses import problems
from service.schemas import SessionId

router = APIRouter()


@router.delete("/sessions/{session_id}", status_code=204, responses=problems(404, 422, 429, 503))
async def delete(session_id: Annotated[SessionId, Path()], running: RunningDep) -> Response:
    """Forget the conversation. A turn that is being answered is not kept either."""
    if not await running.sessions.delete(session_id):
        raise Problem(404, "There is no such conversation.")
    return Response(status_code=204)
