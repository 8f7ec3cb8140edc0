"""POST /chat: a question in, the answer and its sources out."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response

from service.deps import RunningDep
from service.engine import Done
from service.errors import invalid
from service.json_route import JsonRoute
from service.responses import json_response, problems
from service.schemas import ChatRequest, ChatResponse
from vectorstore.base import Hit

router = APIRouter(route_class=JsonRoute)


@router.post(
    "/chat", response_model=ChatResponse, responses=problems(413, 415, 422, 500, 502, 503, 504)
)
async def chat(body: ChatRequest, running: RunningDep) -> Response:
    """Answer a question. Without `session_id` a conversation begins; the response names it."""
    longest = running.settings.max_question_chars
    if len(body.question) > longest:
        raise invalid("question", f"String should have at most {longest} characters")
    done = await running.engine.answer(body.question, body.session_id)
    running.metrics.retrieve_seconds.observe(done.retrieve_s)
    running.metrics.answer_seconds.observe(done.answer_s)
    return json_response(
        {
            "answer": done.answer,
            "session_id": done.session_id,
            "sources": [source(hit) for hit in done.hits],
            "cached": done.cached,
        },
        {"Server-Timing": _timing(done)},
    )


def source(hit: Hit) -> dict[str, Any]:
    """A hit as clients get it."""
    document = hit.document
    return {
        "id": document.id,
        "text": document.text,
        "score": round(hit.score, 4),
        "metadata": document.metadata,
    }


def _timing(done: Done) -> str:
    """https://www.w3.org/TR/server-timing/: milliseconds that load tests and browsers can show."""
    return f"retrieve;dur={done.retrieve_s * 1000:.2f}, answer;dur={done.answer_s * 1000:.2f}"
