"""POST /chat and /chat/stream: a question in, the answer and its sources out."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from fastapi import APIRouter, Request, Response

from service.abandoned import CLIENT_GONE, unless_gone
from service.deps import RunningDep
from service.errors import Told, invalid, log_unexpected, told
from service.event_stream import EventStream, event
from service.json_route import JsonRoute
from service.responses import json_response, problems
from service.running import Running
from service.schemas import ChatRequest, ChatResponse
from service.turn_events import Done, Event, Sources, Token
from vectorstore.base import Hit

log = logging.getLogger(__name__)
router = APIRouter(route_class=JsonRoute)


@router.post(
    "/chat", response_model=ChatResponse, responses=problems(413, 415, 422, 500, 502, 503, 504)
)
async def chat(body: ChatRequest, running: RunningDep, request: Request) -> Response:
    """Answer a question. Without `session_id` a conversation begins; the response names it."""
    _check(body, running)
    answer = running.engine.answer(body.question, body.session_id, body.turn_id)
    done = await unless_gone(answer, request.receive)
    if done is None:
        return Response(status_code=CLIENT_GONE)
    running.metrics.turn(done)
    return json_response(_body(done), {"Server-Timing": _timing(done)})


@router.post(
    "/chat/stream",
    response_class=Response,
    responses={
        200: {
            "description": "The events `sources`, `token` (many), and `done` or `error`.",
            "content": {"text/event-stream": {}},
        },
        **problems(413, 415, 422, 500, 503),
    },
)
async def stream(body: ChatRequest, running: RunningDep, request: Request) -> Response:
    """Answer a question piece by piece, as server-sent events; each event's data is JSON.

    `sources`: `session_id` and `sources`. `token`: `text`. `done`: what POST /chat returns. `error`,
    in place of `done`: a problem as POST /chat would have, with `retry_after_s` where it has that
    header; nothing of the turn is remembered, unless Redis hung (then a `turn_id` tells).
    """
    _check(body, running)
    events = running.engine.ask(body.question, body.session_id, body.turn_id)
    # What fails before the first event still has a status of its own.
    first = await anext(events)
    return EventStream(_events(first, events, running, request))


def _check(body: ChatRequest, running: Running) -> None:
    longest = running.settings.max_question_chars
    if len(body.question) > longest:
        raise invalid("question", f"String should have at most {longest} characters")


async def _events(
    first: Event, rest: AsyncGenerator[Event, None], running: Running, request: Request
) -> AsyncGenerator[bytes, None]:
    async with aclosing(rest):
        try:
            yield _event(first)
            async for one in rest:
                if isinstance(one, Done):
                    running.metrics.turn(one)
                yield _event(one)
        except Exception as error:
            problem = told(error)
            request.state.ended_with, request.state.reason = problem.status, problem.reason
            log_unexpected(log, error)
            yield event("error", {**problem.body(), **_retry_after(problem)})


def _retry_after(problem: Told) -> dict[str, int]:
    """The header of that name, which comes too late in a stream."""
    seconds = (problem.headers or {}).get("Retry-After")
    return {"retry_after_s": int(seconds)} if seconds else {}


def _event(one: Event) -> bytes:
    match one:
        case Sources():
            sources = [source(hit) for hit in one.hits]
            return event("sources", {"session_id": one.session_id, "sources": sources})
        case Token():
            return event("token", {"text": one.text})
        case Done():
            return event("done", _body(one))


def _body(done: Done) -> dict[str, Any]:
    return {
        "answer": done.answer,
        "session_id": done.session_id,
        "sources": [source(hit) for hit in done.hits],
        "cached": done.cached,
        **({"finish_reason": done.finish_reason} if done.finish_reason != "stop" else {}),
    }


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
    parts = {"retrieve": done.retrieve_s, "search": done.search_s, "answer": done.answer_s}
    known = ((name, seconds) for name, seconds in parts.items() if seconds is not None)
    return ", ".join(f"{name};dur={seconds * 1000:.2f}" for name, seconds in known)
