"""Stages that the app itself tells of: lines `STAGE SECONDS` in a pipe that FIT512_MARKS names.

SECONDS are of the monotonic clock, which all processes of a machine share. An app that tells nothing
is seen from outside alone.
"""

from __future__ import annotations

import math
import os
import select
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

VARIABLE = "FIT512_MARKS"
TOLD = ("imports", "model", "store")  # in the order in which an app may tell of their ends


@contextmanager
def told(tell: Callable[[str, float], object]) -> Iterator[dict[str, str]]:
    """Call `tell(stage, seconds)` in a thread of its own for each line; yields the app's variable."""
    with tempfile.TemporaryDirectory(prefix="fit512-marks-") as folder:
        pipe = Path(folder, "marks")
        os.mkfifo(pipe, 0o600)
        # For writing too: else each writer that leaves would end the file.
        descriptor = os.open(pipe, os.O_RDWR | os.O_NONBLOCK)
        stop_reader, stop_writer = os.pipe()
        thread = threading.Thread(
            target=_run, args=(descriptor, stop_reader, tell), name="fit512-told", daemon=True
        )
        thread.start()
        try:
            yield {VARIABLE: str(pipe)}
        finally:
            os.close(stop_writer)
            thread.join()
            os.close(stop_reader)
            os.close(descriptor)


def _run(descriptor: int, stop: int, tell: Callable[[str, float], object]) -> None:
    while True:
        ready, _, _ = select.select([descriptor, stop], [], [])
        if descriptor in ready:
            for stage, seconds in _parsed(os.read(descriptor, 1 << 16)):
                tell(stage, seconds)
        if stop in ready:
            return


def _parsed(written: bytes) -> Iterator[tuple[str, float]]:
    """Whole lines: what is shorter than PIPE_BUF is written at once. Any other line is not ours."""
    for line in written.decode("utf-8", "replace").splitlines():
        stage, _, number = line.partition(" ")
        try:
            seconds = float(number)
        except ValueError:
            continue
        if stage in TOLD and math.isfinite(seconds):
            yield stage, seconds
