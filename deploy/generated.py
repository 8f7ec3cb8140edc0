"""A file for a platform, and what we wrote into it last time."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from deploy.formats import FORMATS
from deploy.formats.text import WHOLE
from deploy.header import renewed
from deploy.merge import merge
from deploy.theirs import is_mine
from deploy.tree import joined, leaves, plain
from vectorstore.commandline import CommandError

# Ours as it is beside what stands there, and the places in it that are a person's.
Adapted = tuple[Any, Collection[str]]
STATE = ".fit512/deploy.json"
SCHEMA = 1


@dataclass(frozen=True, slots=True)
class GeneratedFile:
    """`path` is below the repository; `format` is a name of deploy.formats."""

    path: str
    text: str
    format: str
    executable: bool = False
    modernize: Callable[[Any], bool] | None = None  # edits what stands there; whether it did
    adapt: Callable[[Any, Any], Adapted] | None = None  # of what stands there, and ours


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a file is (None: not there), what it becomes, and the values that stand in the way, by their place.

    `missing`: places of ours that a person's own file has not yet; `replaced`: values of a person that
    are ours now, by `force`; `written`: what of it is ours, by its place.
    """

    file: GeneratedFile
    before: str | None
    after: str
    conflicts: Mapping[str, str]
    missing: Sequence[str] = ()
    replaced: Sequence[str] = ()
    written: Mapping[str, Any] = field(default_factory=dict)

    @property
    def changed(self) -> bool:
        return self.before != self.after


def read_state(folder: Path) -> dict[str, dict[str, Any]]:
    """File -> place -> value, as they were last written. Raises CommandError."""
    file = folder / STATE
    if not file.is_file():
        return {}
    try:
        state = json.loads(file.read_text("utf-8"))
        return dict(state["files"])
    except (ValueError, KeyError, TypeError) as error:
        raise CommandError(f"{file} is damaged ({error!r}). Remove it, and use --force.") from error


def written_state(state: Mapping[str, Any], written: Mapping[str, Mapping[str, Any]]) -> str:
    """The state after files were written: path -> place -> value."""
    now = {"schema": SCHEMA, "files": {**state, **written}}
    return json.dumps(now, indent=1, sort_keys=True) + "\n"


def values_of(document: Any, theirs: Collection[str] = ()) -> dict[str, Any]:
    """Place -> value, without those of a person."""
    return {
        joined(place): plain(value)
        for place, value in leaves(document)
        if not is_mine(place, theirs)
    }


def outcome_of(
    file: GeneratedFile,
    before: str | None,
    written: Mapping[str, Any] | None,
    *,
    force: bool,
    mine: Collection[str] = (),
) -> Outcome:
    """What `file` becomes where `before` stands already; `mine` are places that stay as they are.

    Raises CommandError when it cannot be read.
    """
    kind = FORMATS[file.format]
    ours = kind.parse(file.text)
    values = values_of(ours)
    if before is not None and WHOLE in mine:
        return Outcome(file, before, before, {}, written=values)
    if before is None or before == file.text:
        return Outcome(file, before, file.text, {}, written=values)
    try:
        document = kind.parse(before)
    except Exception as error:
        if force:
            return Outcome(file, before, file.text, {}, written=values)
        raise CommandError(
            f"{file.path} cannot be read ({error}). Mend it, or use --force to replace it."
        ) from error
    if document is None:
        comments = f"{before.rstrip()}\n\n" if "#" in before else ""
        return Outcome(file, before, comments + file.text, {}, written=values)
    try:
        renamed = bool(file.modernize and file.modernize(document))
        ours, theirs = file.adapt(document, ours) if file.adapt else (ours, ())
        values = values_of(ours, theirs)
        merged = merge(document, ours, written, force=force, mine=mine)
    except Exception as error:  # what was read is a person's: it is never replaced as a whole
        raise CommandError(
            f"{file.path}: our values cannot be put into it ({type(error).__name__}: {error}). Put it"
            " aside, run this again, and put what is yours into the new file."
        ) from error
    after = renewed(kind.dump(document, before) if renamed or merged.changed else before, file.text)
    return Outcome(
        file, before, after, merged.conflicts, tuple(merged.missing), merged.replaced, values
    )
