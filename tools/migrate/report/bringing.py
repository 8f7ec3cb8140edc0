"""How the result of a conversion gets into the repository's history."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tools.migrate.project import Project
from tools.migrate.reporters import listed

COPYING = (
    "Copy it over your checkout: `cp -r COPY/. YOUR_REPO/`{deleted}. Then look at `git status` and"
    " `git diff` there, and commit."
)
IN_PLACE = "Look at `git status` and `git diff`, and commit."
MOST = 10  # deleted files that are named


def bring_it_in(project: Project, command: Sequence[str]) -> Iterator[str]:
    """`command` is sys.argv. A copy has no .git; what was deleted in it stays where it is copied to."""
    deleted = listed(sorted(map(str, project.deleted())), MOST)
    if not project.changed:
        return
    if any(word.partition("=")[0] == "--out" for word in command):
        yield COPYING.format(deleted=f", and delete there {deleted}" if deleted else "")
    elif "apply" in command[:2]:
        yield IN_PLACE
