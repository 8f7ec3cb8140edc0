"""How a service is asked, and how its answer is read: the one thing that differs between bots."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True)
class Ask:
    """A POST of JSON."""

    path: str
    body: Mapping[str, Any]


@dataclass(frozen=True)
class Reply:
    """What came back. `session` continues the conversation where ids do; cookies do it by themselves."""

    answer: str
    session: str | None = None
    cached: bool = False


class NotAnAnswer(Exception):
    """The response is not what the service promises; the message says what is missing."""


#: Kind of unfriendly request -> the statuses that refuse it properly, 0 for a closed connection.
Refusals = Mapping[str, Sequence[int]]


class Adapter(Protocol):
    """One request shape. `streams`: whether `stream` and `token` may be called."""

    streams: bool
    refusals: Refusals

    def ask(self, question: str, session: str | None) -> Ask: ...

    def reply(self, body: bytes) -> Reply:
        """The answer in the body of a 200. Raises NotAnAnswer."""
        ...

    def stream(self, question: str, session: str | None) -> Ask: ...

    def token(self, event: str, data: str) -> bool:
        """Whether this server-sent event holds a piece of the answer. Raises NotAnAnswer for an error."""
        ...

    def last(self, event: str, data: str) -> Reply | None:
        """The whole answer, where this event ends the stream."""
        ...
