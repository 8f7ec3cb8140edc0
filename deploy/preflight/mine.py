"""An entry of `mine` in fit512.toml that names no file and no value: it would keep nothing, in silence."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator

from deploy.formats import FORMATS
from deploy.generated import GeneratedFile
from deploy.mine import entry, read_mine
from deploy.platforms import PLATFORMS
from deploy.preflight.context import Context
from deploy.problem import Problem, error
from deploy.repository import Repository
from deploy.settings import FILE, line_of
from deploy.tree import joined, leaves

# Made for some plans, or on request.
SOMETIMES = ("bin/post_compile", "bin/pre_compile", "railway.json", "railway.toml")


def check(context: Context) -> Iterator[Problem]:
    named = read_mine(context.repository.root)
    wanted = [entry(path, place) for path, places in named.items() for place in sorted(places)]
    known = _known(context) if wanted else {}
    for one in wanted:
        if one not in known:
            close = difflib.get_close_matches(one, known, n=1)
            meant = f"; did you mean {json.dumps(close[0], ensure_ascii=False)}?" if close else ""
            message = f"mine: {one!r} is no file that is written, and no value in one{meant}"
            yield error("mine", f"{FILE}:{_line(context.repository, one)}", message)


def _known(context: Context) -> dict[str, None]:
    """All that `mine` may name: files, and values that are in ours or in those that are there."""
    known = dict.fromkeys(SOMETIMES)
    for platform in PLATFORMS.values():
        for file in platform.files(context.plan):
            known[file.path] = None
            known.update(dict.fromkeys(_entries(context.repository, file)))
    return known


def _entries(repository: Repository, file: GeneratedFile) -> Iterator[str]:
    parse = FORMATS[file.format].parse
    documents = [parse(file.text)]
    text = repository.text(file.path)
    if text is not None:
        try:
            documents.append(parse(text))
        except Exception:  # whoever writes the file says so
            return
        if file.adapt and documents[1] is not None:
            documents[0] = file.adapt(documents[1], documents[0])[0]
    for document in documents:
        for place, _ in leaves(document):
            yield from (entry(file.path, joined(place[:n])) for n in range(1, len(place) + 1))


def _line(repository: Repository, one: str) -> int:
    text = repository.text(FILE) or ""
    lines = enumerate(text.splitlines(), 1)
    return next((number for number, line in lines if one in line), line_of(text, "mine"))
