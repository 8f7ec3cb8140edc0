"""How far a long run is: a line that renews itself on a terminal, now and then a line elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

EVERY_S = 5.0


@contextmanager
def progress(verb: str, noun: str) -> Iterator[Callable[[int], None]]:
    """Gives a function to call with the count so far. Writes to stderr."""
    try:
        import rich  # comes with the extra [migrate]; the service does without
    except ImportError:
        terminal = False
    else:
        terminal = bool(rich) and sys.stderr.isatty()
    with _bar(verb, noun) if terminal else _lines(verb, noun) as advance:
        yield advance


@contextmanager
def _bar(verb: str, noun: str) -> Iterator[Callable[[int], None]]:
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(f"{verb} {noun}", total=None)
        yield lambda count: bar.update(task, description=f"{verb}: {count:,} {noun}")


@contextmanager
def _lines(verb: str, noun: str) -> Iterator[Callable[[int], None]]:
    last = time.monotonic()

    def advance(count: int) -> None:
        nonlocal last
        if time.monotonic() - last >= EVERY_S:
            last = time.monotonic()
            sys.stderr.write(f"{verb}: {count:,} {noun}\n")

    yield advance
