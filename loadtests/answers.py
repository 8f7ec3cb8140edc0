"""What is wrong with a response, in a line short enough that equal ones are counted together."""

from __future__ import annotations

import json
from typing import Any

LONGEST = 120


class Wrong(Exception):
    """A response, or the lack of one, that the visitor should not have got."""


def wrong_status(status: int, body: bytes | None, response: Any = None) -> Wrong:
    """The error for a status; 0 for no response at all, whose reason `response.error` holds."""
    if not status:
        # Locust's client puts the reason behind an address with a port, which differs in each run.
        reason = str(getattr(response, "error", None)).rpartition("original=")[2]
        return Wrong(f"no response: {reason}"[:LONGEST])
    return Wrong(f"{status} {said(body or b'')}".rstrip()[:LONGEST])


def said(body: bytes) -> str:
    """What an error's body says: the detail of a problem (RFC 9457), FastAPI's, OpenAI's, or its text."""
    try:
        found = json.loads(body)
    except ValueError:
        return body[:LONGEST].decode("utf-8", "replace").strip()
    for key in ("detail", "error", "message", "title"):
        value = found.get(key) if isinstance(found, dict) else None
        if isinstance(value, dict):
            value = value.get("message")
        if isinstance(value, str):
            return value
    return ""
