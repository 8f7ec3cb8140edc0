"""The slug: what the hooks and .slugignore leave, packed."""

from __future__ import annotations

import os
import tarfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import BinaryIO, cast

from deploy.heroku.slug import FILE, IGNORED, kept
from deploy.plan import Plan
from deploy.rehearse.building import Built
from tools.limits.units import MIB


class _Counted:
    """A file to write to that keeps the length alone."""

    length = 0

    def write(self, data: bytes) -> int:
        self.length += len(data)
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""


def packed_mib(plan: Plan, built: Built) -> float:
    """The size of the archive; Python itself is not in it, being the host's."""
    counted = _Counted()
    with tarfile.open(fileobj=cast(BinaryIO, counted), mode="w:gz", compresslevel=6) as archive:
        for path in _kept(plan, built.checkout):
            archive.add(built.checkout / path, f"app/{path}", recursive=False)
        archive.add(built.environment, "app/.heroku/python")
    return counted.length / MIB


def _kept(plan: Plan, checkout: Path) -> Iterator[PurePosixPath]:
    ignore = checkout / FILE
    patterns = ignore.read_text("utf-8").splitlines() if ignore.is_file() else IGNORED
    paths = (
        PurePosixPath((Path(folder) / name).relative_to(checkout).as_posix())
        for folder, _, names in os.walk(checkout)
        for name in names
    )
    return kept(plan, paths, patterns)
