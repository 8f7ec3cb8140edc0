"""What a figure was measured on."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from importlib.metadata import version

from tools.limits.machine import machine as machine

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


def versions(distributions: Sequence[str] = SERVICE) -> dict[str, str]:
    """Python's version and those of the distributions."""
    found = {name: version(name) for name in distributions}
    return {"python": platform.python_version(), **found}
