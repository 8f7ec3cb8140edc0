"""The folder in which a store is built, and what a run that was killed has left in it.

It stands beside its target as `.NAME.building`. Until the first checkpoint there is nothing worth
keeping, and a run that fails removes it; afterwards it stays, and the next run goes on from there.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from itertools import chain
from pathlib import Path

from vectorstore.base import Document, ModelIdentity, StoreError
from vectorstore.commandline import Exit
from vectorstore.documents import Documents, roll_back
from vectorstore.flat import whole_rows
from vectorstore.manifest import DOCUMENTS, VECTORS
from vectorstore.writing import cannot_write, check_target, put_in_place

CHECKPOINT = "checkpoint.json"


def work_folder(out: Path) -> Path:
    """Where the store `out` is built."""
    out = Path(os.path.abspath(out))
    return out.parent / f".{out.name}.building"


@contextmanager
def resumable_folder(out: Path, *, force: bool = False) -> Iterator[Path]:
    """The folder that becomes `out` when the block ends well; see above for when it does not.

    Raises StoreError for an `out` that `check_target` refuses, and while another run builds it.
    """
    out = Path(os.path.abspath(out))
    check_target(out, force=force)
    work = work_folder(out)
    try:
        (work / out.name).mkdir(parents=True, exist_ok=True)
        with _alone(work):
            yield work / out.name
            put_in_place(work / out.name, out, work / "old")
            (work / CHECKPOINT).unlink(missing_ok=True)
    except OSError as error:
        raise StoreError(cannot_write(out, error), Exit.ERROR) from error


@contextmanager
def _alone(work: Path) -> Iterator[None]:
    # SQLite's lock works on every system, and goes with its process.
    lock = sqlite3.connect(work / "lock", timeout=0, isolation_level=None)
    try:
        lock.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError as error:
        lock.close()
        raise StoreError(
            f"another run is building in {work}. Wait for it, or end it.", Exit.RETRY
        ) from error
    try:
        yield
    finally:
        lock.close()
        if not (work / CHECKPOINT).exists():
            shutil.rmtree(work, ignore_errors=True)


def checkpoint(content: Path, model: ModelIdentity) -> None:
    """Say that what has been written so far, of this model, is worth keeping."""
    identity = {"name": model.name, "sha256": model.sha256, "dim": model.dim}
    (content.parent / CHECKPOINT).write_text(json.dumps(identity), encoding="utf-8")


def kept(
    content: Path, documents: Iterable[Document], model: ModelIdentity
) -> tuple[int, Iterator[Document]]:
    """How many documents an earlier run has done that are the first ones still; and the others."""
    left = iter(documents)
    done = _left_behind(content, model)
    if not done:
        return 0, left
    with closing(Documents(content / DOCUMENTS)) as before:
        for at, known in enumerate(before):
            document = next(left, None)
            if document != known or at == done:
                return at, chain([document] if document else [], left)
    return done, left


def _left_behind(content: Path, model: ModelIdentity) -> int:
    with suppress(OSError, ValueError, StoreError, KeyError, sqlite3.Error):
        found = json.loads((content.parent / CHECKPOINT).read_text(encoding="utf-8"))
        if (found["sha256"], found["dim"]) == (model.sha256, model.dim):
            roll_back(content / DOCUMENTS)
            with closing(Documents(content / DOCUMENTS)) as before:
                return min(before.count, whole_rows(content / VECTORS, model.dim))
    return 0
