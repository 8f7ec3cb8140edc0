"""The slug: what the hooks and .slugignore leave, packed."""

from __future__ import annotations

import fnmatch
import os
import tarfile
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import BinaryIO, cast

from deploy.heroku import IGNORED
from deploy.plan import Plan
from deploy.rehearse.building import Built
from tools.limits.units import MIB

FILE = ".slugignore"


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
    for folder, _, names in os.walk(checkout):
        for name in names:
            path = PurePosixPath((Path(folder) / name).relative_to(checkout).as_posix())
            if not ignored(path, patterns) and _needed(path, plan.keep.value):
                yield path


def ignored(path: PurePosixPath, patterns: Sequence[str]) -> bool:
    """As Heroku reads them: a slash at the start is the root, and there are no exceptions."""
    places = [path, *path.parents][:-1]
    for line in patterns:
        pattern = line.strip().rstrip("/")
        if not pattern or pattern.startswith("#"):
            continue
        whole = "/" in pattern
        for place in places:
            tried = str(place) if whole else place.name
            if fnmatch.fnmatchcase(tried, pattern.lstrip("/")):
                return True
    return False


def _needed(path: PurePosixPath, keep: Sequence[str]) -> bool:
    """bin/post_compile takes away the other folders of the root."""
    kept = {name.split("/")[0] for name in keep} | {"bin"}
    return (
        not keep or len(path.parts) == 1 or path.parts[0] in kept or path.parts[0].startswith(".")
    )
