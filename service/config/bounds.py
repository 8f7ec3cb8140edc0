"""What it accepts at most."""

from __future__ import annotations

import re
from typing import Annotated, Self

from pydantic import BeforeValidator, ByteSize, Field, model_validator
from pydantic_settings import BaseSettings


def _with_unit(amount: object) -> object:
    """512 MB is not 512 MiB, and neither is a bare 512."""
    if isinstance(amount, str) and not re.fullmatch(r"\s*\d+(\.\d+)?\s*[kmg]?i?b\s*", amount, re.I):
        raise ValueError("must be an amount with its unit, such as 512MiB or 512MB")
    return amount


class Bounds(BaseSettings):
    """What it accepts at most."""

    max_question_chars: Annotated[int, Field(ge=1, le=100_000)] = Field(
        2000, description="Longest question, in characters."
    )
    max_body_kib: Annotated[int, Field(ge=1, le=10_240)] = Field(
        64, description="Largest request body, in KiB."
    )
    max_in_flight: Annotated[int, Field(ge=1)] = Field(
        128,
        description="Questions worked on, and as many again that wait for the answer to the same one;"
        " the next gets 503 with Retry-After. What the cache answers takes no place.",
    )
    queue_timeout_s: Annotated[float, Field(gt=0, le=600)] = Field(
        10, description="Seconds that a question may wait to be embedded; then it gets 503."
    )
    max_connections: Annotated[int, Field(ge=8)] = Field(
        512,
        description="Open connections; beyond, the one that has waited longest without asking for"
        " anything is closed.",
    )
    request_timeout_s: Annotated[float, Field(gt=0, le=600)] = Field(
        10,
        description="Seconds in which the head of a request must arrive, again its body, and in which"
        " a client that has stopped reading its answer must go on.",
    )
    max_bodies_mib: Annotated[float, Field(ge=1)] = Field(
        8,
        description="MiB of request bodies that are read or answered; the next one gets 503 with"
        " Retry-After.",
    )
    memory_limit: Annotated[ByteSize, BeforeValidator(_with_unit)] | None = Field(
        None,
        description="Memory that this process may take, such as 512MiB, where that is less than the"
        " limit of its control group, which it finds by itself.",
    )
    # A question of 256 tokens takes 8 MiB while it is embedded (`retriever.py`).
    memory_reserve_mib: Annotated[float, Field(ge=1)] = Field(
        8,
        description="MiB left below the limit at which new questions get 503 with Retry-After; at a"
        " quarter more the oldest idle conversations go, at half as much more the kept answers.",
    )

    @model_validator(mode="after")
    def _limit_is_above_the_reserve(self) -> Self:
        if self.memory_limit and self.memory_limit <= self.memory_reserve_mib * 2**20:
            raise ValueError("MEMORY_LIMIT must be more than MEMORY_RESERVE_MIB")
        return self
