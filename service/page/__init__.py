"""The chat page: plain HTML, CSS and JavaScript, read once and served from memory (15 KiB)."""

from __future__ import annotations

import hashlib
import html
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent
# The page loads nothing but its own two files, and talks to nobody but this service.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:;"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
TYPES = {"chat.css": "text/css; charset=utf-8", "chat.js": "text/javascript; charset=utf-8"}


@dataclass(frozen=True, slots=True)
class File:
    """A file as it is sent; `version` is a hash of its bytes."""

    data: bytes
    media_type: str
    version: str


def load(title: str, max_question_chars: int) -> dict[str, File]:
    """The page ("") with this title and longest question, and what it loads, by name.

    The page names its files with their version, so that they may be cached for ever.
    """
    files = {name: _file((FOLDER / name).read_bytes(), kind) for name, kind in TYPES.items()}
    text = (FOLDER / "index.html").read_text("utf-8")
    text = text.replace("$longest", str(max_question_chars)).replace("$title", html.escape(title))
    for name, file in files.items():
        text = text.replace(f"page/{name}", f"page/{name}?v={file.version}")
    return {"": _file(text.encode(), "text/html; charset=utf-8"), **files}


def _file(data: bytes, media_type: str) -> File:
    return File(data, media_type, hashlib.sha256(data).hexdigest()[:16])
