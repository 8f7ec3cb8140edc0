"""What goes into a slug, and how large one may be.

https://www.heroku.com/blog/bigger-slugs-and-greater-build-timeout-flexibility
"""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePosixPath

from deploy.plan import Plan

LIMIT_MB = 1000
FILE = ".slugignore"
IGNORED = ("/.fit512/", "/.github/", "*.ipynb", "/Dockerfile", "/compose.yaml")


def kept(
    plan: Plan, paths: Iterable[PurePosixPath], patterns: Sequence[str]
) -> Iterator[PurePosixPath]:
    """The files of a checkout that are packed; `patterns` are the lines of .slugignore."""
    return (p for p in paths if not ignored(p, patterns) and _needed(p, plan.keep.value))


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
