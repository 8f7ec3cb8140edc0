"""What a figure was measured on."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

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


def machine() -> dict[str, Any]:
    """The machine and its system, without its name."""
    return {
        "system": platform.system(),
        "kernel": platform.release(),
        "architecture": platform.machine(),
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None,
        "measured": datetime.now(UTC).strftime("%Y-%m-%d"),
    }


def versions(distributions: Sequence[str] = SERVICE) -> dict[str, str]:
    """Python's version and those of the distributions."""
    found = {name: version(name) for name in distributions}
    return {"python": platform.python_version(), **found}


def _processor() -> str | None:
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or None
