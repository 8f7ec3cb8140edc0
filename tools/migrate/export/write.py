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
def staging(target: Path) -> Iterator[Path]:
    """A temporary folder beside `target`, gone at the end; a full disk is said so."""
    folder: Path | None = None
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
        yield folder
    except OSError as error:
        if error.errno in FULL:
            raise CommandError(
                f"no space left for {target} ({error.strerror}): nothing of it was kept. Free some"
                " space (an export needs up to three times the model's size) and try again."
            ) from error
        raise CommandError(f"{target} cannot be written: {error}.") from error
    finally:
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)


def publish(staged: Path, target: Path, *, replace: bool) -> None:
    """Move a staged folder to its place, in one rename; with `replace` over the old folder.

    Only a model folder or an empty one is ever replaced.
    """
    if not target.exists():
        staged.rename(target)
        return
    if not replace or not replaceable(target):
        raise CommandError(
            f"{target} is there and is not a model folder: choose another --out, or remove it.",
            Exit.NO,
        )
    old = staged.with_name("replaced")
    target.rename(old)
    try:
        staged.rename(target)
    except OSError:
        old.rename(target)
        raise


def replaceable(target: Path) -> bool:
    """Whether a folder is one of ours, or empty: nothing else is ever removed."""
    if not target.is_dir() or target.is_symlink():
        return False
    return (target / "embedding.json").is_file() or not any(target.iterdir())
