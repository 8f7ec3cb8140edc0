"""Plans and repositories for the tests."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent
from typing import Any

from deploy.locking.lock import NOT_ASKED, Lock
from deploy.plan import Found, Plan
from deploy.preflight.context import Context
from deploy.preflight.registry import Check
from deploy.repository import Repository

DEFAULTS: Mapping[str, Any] = {
    "name": "shop",
    "framework": "fastapi",
    "app": "main:app",
    "made": "module",
    "folder": ".",
    "command": "uvicorn main:app --host 0.0.0.0 --port $PORT --workers 1",
    "port": "$PORT",
    "build": None,
    "keep": (),
    "dockerfile": False,
    "python": "3.11",
    "manifest": "requirements.txt",
    "needs": (),
    "lock": None,
    "reads": (),
    "local": (),
    "health": "/health",
    "secrets": ("OPENAI_API_KEY",),
    "environment": {"PYTHONUNBUFFERED": "1", "WEB_CONCURRENCY": "1"},
    "models": (),
    "stores": (),
    "profile": "not measured",
    "peak_mib": None,
    "redis": False,
    "instances": 1,
    "repository": None,
    "render_name": "shop",
    "render_plan": "free",
    "heroku_size": "basic",
    "railway": {},
    "limit_mib": 512.0,
}


def a_plan(**values: Any) -> Plan:
    return Plan(**{name: Found(value, "a test") for name, value in {**DEFAULTS, **values}.items()})


def write(root: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(dedent(text), "utf-8")
    return root


def commit(root: Path) -> None:
    """So that git has the files: a check looks at what is pushed."""
    for command in (["init", "-q"], ["add", "-A", "-f"]):
        subprocess.run(["git", "-C", str(root), *command], check=True)


def found(
    check: Check, root: Path, platform: str = "render", of: Lock = NOT_ASKED, **values: Any
) -> list[tuple[str, str]]:
    """(severity, where) of what a check says; `of` is the lock."""
    context = Context(a_plan(**values), Repository(root), platform, 512.0, of)
    return [(problem.severity, problem.where) for problem in check.check(context)]
