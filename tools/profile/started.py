"""One fresh process of an app, looked at from outside until the `with` block ends."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tools.limits import Limited, Reading, start
from tools.profile.marks import Marks
from tools.profile.opened import OpenedFiles
from tools.profile.subject import Subject
from tools.profile.tail import Tail
from tools.profile.told import told


class Timeline:
    """The readings of a run, each with its moment."""

    def __init__(self) -> None:
        self._seen: list[tuple[float, Reading]] = []

    def add(self, reading: Reading) -> None:
        self._seen.append((time.monotonic(), reading))

    def between(self, started_s: float, ended_s: float) -> list[tuple[float, Reading]]:
        """(ms since the start, reading) of each moment at which something ran."""
        seen = [(s, reading) for s, reading in self._seen if reading.processes and s <= ended_s]
        return [(max(s - started_s, 0.0) * 1000, reading) for s, reading in seen]


@dataclass(frozen=True)
class Started:
    """A running app and what is seen of it."""

    app: Limited
    marks: Marks
    timeline: Timeline
    output: Tail
    opened: OpenedFiles


@contextmanager
def started(
    subject: Subject,
    port: int,
    upstream: str | None,
    limit_mib: float | None,
    watched: Sequence[Path],
) -> Iterator[Started]:
    """Run the app until the block ends; then nothing of it is left. Raises CommandError."""
    marks, timeline = Marks(), Timeline()
    with (
        OpenedFiles(watched, marks.opened) as opened,
        told(marks.told) as variables,
        start(
            subject.started_at(port),
            limit_mib=limit_mib,
            cwd=subject.folder,
            env={**subject.variables(port, upstream), **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            observe=timeline.add,
        ) as app,
    ):
        marks.begin(app)
        assert app.process.stdout is not None
        output = Tail(app.process.stdout)
        try:
            yield Started(app, marks, timeline, output, opened)
        finally:
            app.stop(0.0)
            output.join()
