"""What it shows and tells."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings


class Showing(BaseSettings):
    """What it shows and tells."""

    chat_page: bool = Field(True, description="Serve a chat page at /.")
    page_title: Annotated[str, Field(min_length=1, max_length=80)] = Field(
        "Ask the documents", description="Title of the chat page."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="Least severe log lines that are written."
    )
    log_requests: bool = Field(
        True, description="One log line per request, without question and session."
    )
    log_memory_s: Annotated[float, Field(ge=0)] = Field(
        60,
        description="Seconds between two log lines with the memory figures, at least 0.1; 0 for none.",
    )
    docs: bool = Field(False, description="Serve the OpenAPI description at /openapi.json.")

    @field_validator("log_level", mode="before")
    @classmethod
    def _in_any_case(cls, level: object) -> object:
        name = level.lower() if isinstance(level, str) else level
        return "warning" if name == "warn" else name

    @field_validator("log_memory_s")
    @classmethod
    def _not_all_the_time(cls, seconds: float) -> float:
        if 0 < seconds < 0.1:
            raise ValueError("must be 0, or at least 0.1")
        return seconds
