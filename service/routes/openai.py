"""POST /v1/chat/completions and GET /v1/models, for clients of OpenAI's API."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from fastapi import APIRouter, Request, Response

from service.abandoned import CLIENT_GONE, unless_gone
from service.deps import RunningDep
from service.errors import Problem, invalid, log_unexpected, told
from service.event_stream import EventStream, event
from service.json_route import JsonRoute
from service.openai_api import MODEL, PREFIX, CompletionRequest, Reply, error_body
from service.responses import json_response
from service.routes.chat import source
from service.running import Running
from service.turn_events import Done, Event, Sources, Token

log = logging.getLogger(__name__)


router = APIRouter(prefix=PREFIX, route_class=JsonRoute)
models = APIRouter(prefix=PREFIX)


@router.post("/chat/completions", response_class=Response)
async def completions(body: CompletionRequest, running: RunningDep, request: Request) -> Response:
    """Answer the last message; those before it are the conversation, of which nothing is kept."""
    question, longest = body.question(), running.settings.max_question_chars
    if len(question) > longest:
        raise invalid("messages", f"The last message should have at most {longest} characters")
    turns = body.turns(running.settings.memory_turns)
    events = running.engine.reply(question, turns, body.sampling())
    reply = Reply(body)
    if body.stream:
        first = await anext(events)
        usage = bool(body.stream_options and body.stream_options.include_usage)
        return EventStream(_chunks(first, events, reply, usage, running, request))
    done = await unless_gone(_whole(events), request.receive)
    if done is None:
        return Response(status_code=CLIENT_GONE)
    running.metrics.turn(done)
    sources = [source(hit) for hit in done.hits]
    return json_response(reply.whole(done.answer, done.finish_reason, sources))


async def _whole(events: AsyncGenerator[Event, None]) -> Done:
    async with aclosing(events):
        return [one async for one in events if isinstance(one, Done)][0]


@models.get("/models")
async def list_models() -> dict[str, Any]:
    """The one model there is."""
    return {"object": "list", "data": [_model()]}


@models.get("/models/{name}")
async def model(name: str) -> dict[str, Any]:
    if name != MODEL:
        raise Problem(404, f"There is no model {name!r}.")
    return _model()


def _model() -> dict[str, Any]:
    return {"id": MODEL, "object": "model", "created": 0, "owned_by": MODEL}


async def _chunks(
    first: Event,
    rest: AsyncGenerator[Event, None],
    reply: Reply,
    usage: bool,
    running: Running,
    request: Request,
) -> AsyncGenerator[bytes, None]:
    async with aclosing(rest):
        try:
            for chunk in _of(first, reply, usage):
                yield event(None, chunk)
            async for one in rest:
                if isinstance(one, Done):
                    running.metrics.turn(one)
                for chunk in _of(one, reply, usage):
                    yield event(None, chunk)
            yield b"data: [DONE]\n\n"
        except Exception as error:
            problem = told(error)
            request.state.ended_with, request.state.reason = problem.status, problem.reason
            log_unexpected(log, error)
            yield event(None, error_body(problem))


def _of(one: Event, reply: Reply, usage: bool) -> list[dict[str, Any]]:
    """The chunks of a stream that an event becomes."""
    match one:
        case Sources():
            sources = [source(hit) for hit in one.hits]
            return [reply.chunk({"role": "assistant", "content": ""}, sources=sources)]
        case Token():
            return [reply.chunk({"content": one.text})]
        case Done() as done:
            end = reply.chunk({}, done.finish_reason)
            return [end, reply.usage_chunk(done.answer)] if usage else [end]
