"""Bodies of requests and responses, as the OpenAPI description shows them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, StringConstraints

from service.sessions import SESSION_ID_PATTERN

SessionId = Annotated[
    str,
    Field(
        pattern=SESSION_ID_PATTERN,
        description="1 to 64 of letters, digits and . _ ~ - (no dot first).",
    ),
]


class ChatRequest(BaseModel):
    """A question, and the conversation it belongs to."""

    question: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
    session_id: SessionId | None = Field(
        None, description="That of an earlier answer; without one, a conversation begins."
    )
    turn_id: SessionId | None = Field(
        None,
        description="Names this turn: asked again with it when the answer was lost on its way, or"
        " ended in an error (where Redis hung, the turn may be remembered nevertheless), the turn is"
        " there once, and its answer comes back, without its sources.",
    )


class Source(BaseModel):
    """A document that the answer rests on."""

    id: str
    text: str
    score: float = Field(description="Cosine similarity to the question.")
    metadata: dict[str, Any]


class ChatResponse(BaseModel):
    """An answer."""

    answer: str
    session_id: str
    sources: list[Source]
    cached: bool = Field(description="Whether the answer was taken from the response cache.")
    finish_reason: Literal["length", "content_filter"] | None = Field(
        None, description="Only there when the answer is not whole: why its model ended it."
    )


class Status(BaseModel):
    """Alive or ready."""

    status: str


class ProblemDetails(BaseModel):
    """RFC 9457. `errors`: the pointer to each bad field of the body, and its detail."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[dict[str, str]] = []
