"""Writes folders that are there whole or not at all."""

from __future__ import annotations

import errno
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vectorstore.commandline import CommandError, Exit

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@contextmanager
def disk_errors(target: Path) -> Iterator[None]:
    """Turn what the disk refuses into an error that names `target` and says what to do."""
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            raise CommandError(
                f"no space left for {target} ({error.strerror}): nothing of it was kept. Free some"
                " space (an export needs up to four times the model's size, the download included)"
                " and try again."
            ) from error
        raise CommandError(f"{target} cannot be written: {error}.") from error


@contextmanager
def staging(target: Path) -> Iterator[Path]:
    """A temporary folder beside `target`, gone at the end, whatever happened."""
    with disk_errors(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def publish(staged: Path, target: Path) -> None:
    """Move a staged folder to its place in one rename, over an empty or a model folder.

    `staged` must lie in a `staging` folder: the old folder goes with it.
    """
    if not target.exists():
        staged.rename(target)
        return
    if not replaceable(target):
        raise not_ours(target)
    old = staged.with_name("replaced")
    target.rename(old)
    try:
        staged.rename(target)
    except OSError:
        old.rename(target)
        raise


def not_ours(target: Path) -> CommandError:
    """The refusal to write over something that no export made."""
    return CommandError(
        f"{target} is there and is not a model folder: choose another --out, or remove it.", Exit.NO
    )


def replaceable(target: Path) -> bool:
    """Whether a folder is one of ours, or empty: nothing else is ever removed."""
    if not target.is_dir() or target.is_symlink():
        return False
    return (target / "embedding.json").is_file() or not any(target.iterdir())
