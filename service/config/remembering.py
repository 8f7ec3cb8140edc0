"""What it remembers: conversations and answers."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings


class Remembering(BaseSettings):
    """What it remembers: conversations and answers."""

    memory_turns: Annotated[int, Field(ge=0, le=100)] = Field(
        5, description="Turns of a conversation that are kept; older ones are dropped."
    )
    sessions_max: Annotated[int, Field(ge=1)] = Field(
        10_000, description="Conversations kept; the one unused for longest goes first."
    )
    sessions_mib: Annotated[float, Field(ge=1)] = Field(
        16, description="MiB that all conversations may take."
    )
    sessions_ttl_s: Annotated[float, Field(gt=0)] = Field(
        3600, description="Seconds after which an unused conversation is forgotten."
    )
    redis_url: SecretStr | None = Field(
        None,
        description="Redis that keeps conversations and answers for several instances, such as"
        " redis://localhost:6379/0; needs the extra `redis`. SESSIONS_MAX and SESSIONS_MIB have no"
        " effect then: Redis' own maxmemory bounds it.",
    )
    cache_mib: Annotated[float, Field(ge=0)] = Field(
        4,
        description="MiB of answers kept for who asks the same after the same conversation; 0 keeps"
        " none.",
    )
    cache_ttl_s: Annotated[float, Field(gt=0)] = Field(
        3600, description="Seconds after which a kept answer is made anew."
    )
    cache_similarity: Annotated[float, Field(ge=0.8, le=1)] | None = Field(
        None,
        description="Cosine similarity, such as 0.95, from which on a first question gets the answer"
        " that was kept for another one in the same words, but for case, articles and the like"
        " (docs/limits.md). Not set: only for the very same.",
    )

    @field_validator("redis_url")
    @classmethod
    def _names_a_redis(cls, url: SecretStr | None) -> SecretStr | None:
        schemes = ("redis://", "rediss://", "unix://")
        if url and not url.get_secret_value().startswith(schemes):
            raise ValueError("must be an address such as redis://localhost:6379/0")
        return url
