"""How far a long run is: a line that renews itself on a terminal, now and then a line elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

EVERY_S = 5.0


class Advance(Protocol):
    """Says how far it is: what is done (embedding), with how many of what (documents)."""

    def __call__(self, verb: str, noun: str, count: int) -> None: ...


@contextmanager
def progress() -> Iterator[Advance]:
    """Gives a function to call with the count so far. Writes to stderr."""
    try:
        import rich  # comes with the extra [migrate]; the service does without
    except ImportError:
        terminal = False
    else:
        terminal = bool(rich) and sys.stderr.isatty()
    with _bar() if terminal else _lines() as advance:
        yield advance


@contextmanager
def _bar() -> Iterator[Advance]:
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("reading", total=None)

        def advance(verb: str, noun: str, count: int) -> None:
            bar.update(task, description=f"{verb}: {count:,} {noun}")

        yield advance


@contextmanager
def _lines() -> Iterator[Advance]:
    last = time.monotonic()

    def advance(verb: str, noun: str, count: int) -> None:
        nonlocal last
        if time.monotonic() - last >= EVERY_S:
            last = time.monotonic()
            sys.stderr.write(f"{verb}: {count:,} {noun}\n")

    yield advance
