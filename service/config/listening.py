"""Where it listens, and how it stops."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings


class Listening(BaseSettings):
    """Where it listens, and how it stops."""

    port: Annotated[int, Field(ge=0, le=65535)] = Field(
        8000, description="Port to listen on; hosts set it. 0 takes any free one."
    )
    bind_host: str | None = Field(
        None,
        description="Address to listen on. Not set: 0.0.0.0 where the environment gives PORT, as"
        " hosts do, else 127.0.0.1.",
    )
    web_concurrency: Annotated[int, Field(ge=1)] = Field(
        1,
        description="Some hosts set it. Only one worker is run: each would hold the model, and"
        " conversations live in the memory of one process.",
    )
    shutdown_grace_s: Annotated[int, Field(ge=0, le=3600)] = Field(
        25,
        description="Seconds that running answers get to finish when the service is stopped; new"
        " requests get 503 meanwhile. Keep it below the time after which the host kills, often 30.",
    )
