"""GET /metrics: figures for Prometheus."""

from __future__ import annotations

from fastapi import APIRouter, Response
from fastapi.responses import PlainTextResponse
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4

from service.deps import RunningDep
from service.responses import problems

router = APIRouter()


@router.get("/metrics", response_class=PlainTextResponse, responses=problems(503))
async def metrics(running: RunningDep) -> Response:
    """Requests, times, conversations and memory, as Prometheus reads them."""
    return Response(running.metrics.text(), media_type=CONTENT_TYPE_PLAIN_0_0_4)
