"""Runs converted code with the real LangChain."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module, invalidate_caches
from pathlib import Path
from types import ModuleType
from typing import Any

from tests.migrate.helpers import applied, write
from tools.migrate.project import RUNTIME


@contextmanager
def converted(tmp_path: Path, source: str, *rules: ModuleType) -> Iterator[dict[str, Any]]:
    """The names of the program `source` after these rules, run beside its copy of the runtime."""
    root = write(tmp_path / "repo", {"app.py": source})
    for rule in rules:
        for path, data in applied(rule, root).staged().items():
            (root / path).parent.mkdir(exist_ok=True)
            (root / path).write_bytes(data or b"")
    sys.path.insert(0, str(root))
    invalidate_caches()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # LangChain's deprecations
            yield vars(import_module("app"))
    finally:
        sys.path.remove(str(root))
        for name in [n for n in sys.modules if n.partition(".")[0] in ("app", RUNTIME)]:
            del sys.modules[name]
