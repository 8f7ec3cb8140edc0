"""What happens in a turn, as the engine tells it and clients are told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from service.packed_answers import Answer
from service.turns import FinishReason
from vectorstore.base import Hit


@dataclass(frozen=True, slots=True)
class Sources:
    """The documents that the answer rests on, before its first word."""

    hits: list[Hit]
    session_id: str


@dataclass(frozen=True, slots=True)
class Token:
    """The next piece of the answer."""

    text: str


@dataclass(frozen=True, slots=True)
class Done:
    """The answer has ended, and is remembered. `finish_reason`: whether it is whole.

    Times are in seconds: to find the documents, from then to the answer's first piece, and to its
    end. `search_s`: what of the first the store took, None where that is not known.
    """

    answer: str
    hits: list[Hit]
    session_id: str
    cached: bool
    retrieve_s: float
    first_token_s: float
    answer_s: float
    finish_reason: FinishReason = "stop"
    search_s: float | None = None


Event = Sources | Token | Done


def kept_events(
    kept: Answer, session_id: str, retrieve_s: float, finish_reason: FinishReason = "stop"
) -> Iterator[Event]:
    """The events of an answer that was kept, or is shared."""
    yield Sources(kept.hits, session_id)
    yield Token(kept.text)
    yield Done(kept.text, kept.hits, session_id, True, retrieve_s, 0, 0, finish_reason)
