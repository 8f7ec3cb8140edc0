"""An adapter described in TOML, for services that take JSON and give JSON.

    streams = false
    [ask]
    path = "/chat"
    body = { question = "{question}", session_id = "{session}" }
    answer = "answer"            # where it stands in the response, "data.0.text" for deeper places
    session = "session_id"       # optional
    cached = "cached"            # optional
    [stream]                     # optional: server-sent events
    path = "/chat/stream"
    token = "token"              # the event's name; "" for events without one
    done = "done"                # or the data that ends it: "[DONE]"
    error = "error"              # optional
    [refusals]                   # optional: what is a proper answer to an unfriendly request
    huge_body = [413]

A value "{session}" in the body is left out while there is no session yet.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from loadtests.adapters.base import Ask, NotAnAnswer, Refusals, Reply
from vectorstore.commandline import CommandError

# What any service may say to nonsense, but never 500. 0: the connection was closed.
REFUSALS: Refusals = {
    "huge_body": (400, 413, 422, 0),
    "bad_json": (400, 415, 422),
    "unknown_session": (200, 400, 404, 422),
    "long_question": (200, 400, 413, 422),
    "slow_writing": (400, 408, 0),
    "new_sessions": (200,),
}
TABLES = {
    "ask": {"path", "body", "answer", "session", "cached"},
    "stream": {"path", "body", "token", "done", "error"},
    "refusals": set(REFUSALS),
}


class Mapped:
    """The adapter that a mapping describes."""

    def __init__(self, mapping: Mapping[str, Any]) -> None:
        """Raises CommandError for what is missing or not known."""
        _check(mapping)
        self._ask, self._stream = mapping["ask"], mapping.get("stream", {})
        self.streams = "stream" in mapping
        self.refusals: Refusals = {**REFUSALS, **mapping.get("refusals", {})}

    def ask(self, question: str, session: str | None) -> Ask:
        return Ask(self._ask["path"], _filled(self._ask["body"], question, session))

    def reply(self, body: bytes) -> Reply:
        try:
            found = json.loads(body)
        except ValueError:
            raise NotAnAnswer("the answer is no JSON") from None
        answer = _at(found, self._ask["answer"])
        if not isinstance(answer, str) or not answer.strip():
            raise NotAnAnswer(f"there is no text at {self._ask['answer']!r}")
        session = _at(found, self._ask.get("session", ""))
        cached = _at(found, self._ask.get("cached", ""))
        return Reply(answer, session if isinstance(session, str) else None, cached is True)

    def stream(self, question: str, session: str | None) -> Ask:
        body = self._stream.get("body", self._ask["body"])
        return Ask(self._stream["path"], _filled(body, question, session))

    def token(self, event: str, data: str) -> bool:
        if "error" in self._stream and event == self._stream["error"]:
            raise NotAnAnswer(f"the stream ended with {_title(data)}")
        return bool(event == self._stream["token"] and data != self._stream["done"])

    def last(self, event: str, data: str) -> Reply | None:
        done = self._stream["done"]
        if data == done:
            return Reply("(streamed)")
        return self.reply(data.encode()) if event == done else None


def read_mapping(file: Path) -> Mapped:
    """The adapter in a TOML file. Raises CommandError."""
    try:
        return Mapped(tomllib.loads(file.read_text("utf-8")))
    except (OSError, ValueError) as error:
        raise CommandError(f"{file}: {error}.") from None
    except CommandError as error:
        raise CommandError(f"{file}: {error}") from None


def _check(mapping: Mapping[str, Any]) -> None:
    needed = {"ask": {"path", "body", "answer"}, "stream": {"path", "token", "done"}}
    for name, known in TABLES.items():
        table = mapping.get(name, {})
        if unknown := set(table) - known:
            raise CommandError(f"[{name}] knows no {', '.join(sorted(unknown))}: {sorted(known)}.")
        missing = needed.get(name, set()) - set(table)
        if missing and (name == "ask" or table):
            raise CommandError(f"[{name}] lacks {', '.join(sorted(missing))}.")


def _filled(value: Any, question: str, session: str | None) -> Any:
    if isinstance(value, dict):
        kept = {k: v for k, v in value.items() if session is not None or v != "{session}"}
        return {k: _filled(v, question, session) for k, v in kept.items()}
    if isinstance(value, list):
        return [_filled(one, question, session) for one in value]
    if isinstance(value, str):
        return value.replace("{question}", question).replace("{session}", session or "")
    return value


def _at(found: Any, place: str) -> Any:
    """What stands at "data.0.text"; None where nothing does."""
    for step in filter(None, place.split(".")):
        try:
            found = found[int(step)] if isinstance(found, list) else found[step]
        except (LookupError, TypeError, ValueError):
            return None
    return found if place else None


def _title(data: str) -> str:
    """What a problem says of itself, in one line."""
    try:
        said = json.loads(data)
        return str(said.get("detail") or said.get("title") or said)[:200]
    except (ValueError, AttributeError):
        return data[:200]
