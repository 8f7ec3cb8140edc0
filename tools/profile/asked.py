"""What an app is asked: a file of requests, URLs, questions for its chat, or its health path."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from pydoc_data.topics import topics
from typing import Any
from urllib.parse import quote, urlsplit

from tools.profile.client import Request
from tools.profile.given import read_text
from vectorstore.commandline import CommandError

CHAT_PATHS = ("/chat", "/api/chat", "/ask", "/query", "/get")
FIELDS = ("question", "message", "query", "prompt", "text", "input", "msg", "user_input")
_KEYS = {"method", "path", "json", "form", "headers"}
_METHODS = ("DELETE", "GET", "HEAD", "PATCH", "POST", "PUT")
_WORD = re.compile(r"[a-z]{3,14}")
_TAKES = (
    "--requests takes files of JSON lines such as"
    ' {"method": "POST", "path": "/chat", "json": {"question": "Hello?"}}, paths or URLs.'
)
_WORDS_PER_QUESTION, _SESSIONS = 10, 8


@dataclass(frozen=True)
class Asked:
    """The requests, and in words where they come from."""

    source: str
    requests: tuple[Request, ...]

    def as_json(self, sent: int, at_a_time: int) -> dict[str, Any]:
        first = self.requests[0]
        return {
            "from": self.source,
            "first": {
                "method": first.method,
                "path": first.path,
                "json": first.json,
                "form": first.form,
            },
            "different": len(
                {json.dumps([r.method, r.path, r.json, r.form]) for r in self.requests}
            ),
            "sent": sent,
            "at_a_time": at_a_time,
        }


def read_requests(sources: Sequence[str]) -> Asked | None:
    """Those that --requests names: files of JSON lines, URLs or paths; None where it names none.

    Raises CommandError naming the file and the line.
    """
    found = [request for source in sources for request in _read(source)]
    return Asked(f"--requests {' '.join(sources)}", tuple(found)) if found else None


def find_requests(accepts: Callable[[Request], bool], health_path: str, count: int) -> Asked:
    """Questions for the first chat path that accepts one, else the health path."""
    asked = questions(count)
    for make in _WAYS:
        for path in CHAT_PATHS:
            names = _names(accepts, make, path, asked[0])
            if not names:
                continue
            # Without one, each question may begin a conversation, as no visitor would.
            keeps = accepts(make(path, _fields(names, asked[0], 0, session=True)))
            made = [make(path, _fields(names, q, n, keeps)) for n, q in enumerate(asked)]
            way = f"questions of ours to {made[0].method} {path}, as {', '.join(names)}"
            return Asked(way, tuple(made))
    said = f"GET {health_path}: no chat path accepted a question; name requests with --requests"
    return Asked(said, (Request("GET", health_path),))


def _names(accepts: Callable[[Request], bool], make: _Way, path: str, question: str) -> list[str]:
    """The fields to put a question in; [] when the path takes none.

    What accepts a body without a question accepts one in a field that it does not read: such an app
    is sent all of them.
    """
    if accepts(make(path, {})):
        every = list(FIELDS)
        return every if accepts(make(path, _fields(every, question, 0, session=False))) else []
    return [name for name in FIELDS if accepts(make(path, {name: question}))][:1]


def _fields(names: Sequence[str], question: str, number: int, session: bool) -> dict[str, str]:
    kept = {"session_id": f"profile-{number % _SESSIONS}"} if session else {}
    return {**dict.fromkeys(names, question), **kept}


_Way = Callable[[str, Mapping[str, str]], Request]
_WAYS: tuple[_Way, ...] = (
    lambda path, fields: Request("POST", path, dict(fields)),
    lambda path, fields: Request("POST", path, form=fields),
)


def questions(count: int, seed: int = 512) -> list[str]:
    """Different questions of ten words, the same on every run of one Python version.

    One repeated question would make every mapped table look free: only the rows it touches are read.
    """
    words = sorted({word for text in topics.values() for word in _WORD.findall(text.lower())})
    chosen = random.Random(seed)
    return [
        " ".join(chosen.choices(words, k=_WORDS_PER_QUESTION)).capitalize() + "?"
        for _ in range(count)
    ]


def _read(source: str) -> Iterator[Request]:
    if source.startswith(("/", "http://", "https://")) and not Path(source).is_file():
        parts = urlsplit(source)
        query = f"?{parts.query}" if parts.query else ""
        yield Request("GET", quoted((parts.path or "/") + query))
        return
    lines = [(n, line) for n, line in enumerate(_lines(source), 1) if line.strip()]
    if not lines:
        raise CommandError(f"{source}: holds no request. {_TAKES}")
    for number, line in lines:
        yield _parse(line, f"{source}:{number}")


def _lines(source: str) -> list[str]:
    try:
        return read_text(Path(source)).splitlines()
    except CommandError as error:
        raise CommandError(f"{error} {_TAKES}") from error


def quoted(path: str) -> str:
    """The path as it is sent: spaces and what is not ASCII in percent-encoding."""
    return quote(path, safe="!#$%&'()*+,/:;=?@[]~")


def _parse(line: str, where: str) -> Request:
    try:
        source = json.loads(line)
    except ValueError as error:
        raise CommandError(f"{where}: is no JSON ({error}).") from error
    if not isinstance(source, Mapping) or not str(source.get("path", "")).startswith("/"):
        raise CommandError(f'{where}: needs a "path" that begins with a slash.')
    method = str(
        source.get("method", "GET" if source.keys().isdisjoint(("json", "form")) else "POST")
    ).upper()
    if method not in _METHODS:
        raise CommandError(f"{where}: {method!r} is no method of HTTP; use {', '.join(_METHODS)}.")
    unknown = sorted(source.keys() - _KEYS)
    if unknown:
        raise CommandError(f"{where}: {unknown[0]!r} is not known; use {', '.join(sorted(_KEYS))}.")
    form, headers = (_texts(source.get(key), f'{where}: "{key}"') for key in ("form", "headers"))
    for name, value in (headers or {}).items():
        _check_header(name, value, where)
    return Request(method, quoted(str(source["path"])), source.get("json"), form, headers)


def _check_header(name: str, value: str, where: str) -> None:
    """Raises CommandError for what http.client would refuse in the middle of a run."""
    unsent = HTTPConnection("localhost")
    unsent.putrequest("GET", "/")
    try:
        unsent.putheader(name, value)
    except ValueError as error:
        raise CommandError(
            f"{where}: the header {name!r} cannot be sent: it has a line end, or other letters than"
            " Latin ones."
        ) from error


def _texts(found: object, where: str) -> dict[str, str] | None:
    if found is None:
        return None
    if not isinstance(found, Mapping):
        raise CommandError(f"{where} must be an object of names and texts.")
    return {str(name): str(text) for name, text in found.items()}
