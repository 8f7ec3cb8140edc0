"""What a figure was measured on."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tools.limits.content import content_sha256
from tools.limits.machine import machine as machine

ROOT = Path(__file__).resolve().parent.parent

SERVICE = (
    "fastapi",
    "httptools",
    "numpy",
    "onnxruntime",
    "orjson",
    "pydantic",
    "tokenizers",
    "uvicorn",
    "uvloop",
)


# The code that figures of the service, of its stores and of the embedding are of.
SERVICE_CODE = ("requirements.txt", "service", "vectorstore")
STORE_CODE = ("requirements.txt", "vectorstore")
MODEL_CODE = ("requirements.txt", "tools/migrate/export", "vectorstore")


def content(paths: Sequence[str]) -> dict[str, Any]:
    """The code that is measured, and its hash now, so that a reader can tell whether it changed."""
    return {"paths": list(paths), "sha256": content_sha256(ROOT, paths)}


def versions(distributions: Sequence[str] = SERVICE) -> dict[str, str]:
    """Python's version and those of the distributions."""
    found = {name: version(name) for name in distributions}
    return {"python": platform.python_version(), **found}
