"""Writes the decided change into the files, and says each part of it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from tools.migrate.requirements.additions import line_with, new_lines
from tools.migrate.requirements.ask import Questions, invalid_lines
from tools.migrate.requirements.edit import Edit
from tools.migrate.requirements.files import chain
from tools.migrate.requirements.inputs import Place
from tools.migrate.requirements.prose import asks_for_nothing
from tools.migrate.requirements.resolve import Resolution, ResolveError
from tools.migrate.requirements.take_back import NotTogether
from tools.migrate.requirements.uses import Use
from tools.migrate.source import SourceError

if TYPE_CHECKING:
    from tools.migrate.requirements.change import Change


def comment_out(change: Change) -> None:
    """Make comments of the lines that pip refuses and that ask for nothing; note the others."""
    used = {use.package for use in change.case.used}
    for path, line in invalid_lines(change.case.files):
        place, text = (path, line.number), line.code
        if asks_for_nothing(line, path.name, change.case.names, used):
            change.edits[path].commented.add(line.number)
            change.note("changed", place, f"{text!r} is no requirement: pip refused the whole file because of it; it is a comment now")  # fmt: skip
            continue
        change.note("skipped", place, f"pip refuses the whole file because of {text!r}; left as it is")  # fmt: skip


def stage_edits(change: Change, lost: Mapping[str, Use], final: Resolution | None) -> None:
    """Stage every file's edit: lines out, lines changed, new lines in the main file."""
    if change.gone:
        change.gone |= change.case.options_of(change.gone)
    for path, number in sorted(change.gone, key=str):
        change.edits[path].removed.add(number)
        change.note("changed", (path, number), f"removed {change.line((path, number)).code}")
    for place, text in change.replaced.items():
        _replace(change, place, text, final)
    _add(change, change.edits[change.main.path], lost, final)
    for path, edit in change.edits.items():
        if edit:
            _write(change, path, edit)


def _add(change: Change, edit: Edit, lost: Mapping[str, Use], final: Resolution | None) -> None:
    edit.here = new_lines(change.needs.added, change.style, final)
    edit.end = new_lines(lost, change.style, final)
    for requirement, line in zip(change.needs.added, edit.here, strict=True):
        why = change.needs.why.get(requirement, "the copied runtime needs it")
        _added(change, line, why)
    for use, line in zip(lost.values(), edit.end, strict=True):
        why = f"{use.place} uses {use.what}, and only what was removed brought it"
        _added(change, line, why)
    if final and change.style == "hashed":
        edit.end += new_lines(_unlisted(change, final, lost), change.style, final)


def _write(change: Change, path: PurePosixPath, edit: Edit) -> None:
    """Stage one file; where that is refused, say what was to change instead of that it did."""
    try:
        change.project.write(path, change.files[path].edited(edit))
    except SourceError as error:
        notes = change.project.notes
        mine = [n for n in notes if (n.rule, n.kind, n.path) == (change.rule, "changed", str(path))]
        notes[:] = [note for note in notes if note not in mine]
        wanted = "; ".join(note.message for note in mine)
        change.note("skipped", (path, None), f"{error}: change it by hand ({wanted})")


def _added(change: Change, line: str, why: str) -> None:
    first = line.partition(" \\")[0]
    change.note("changed", (change.main.path, None), f"added {first}: {why}")


def _unlisted(change: Change, final: Resolution, lost: Mapping[str, Use]) -> list[str]:
    """With hashes every package has to be listed."""
    added = {line.partition(">")[0] for line in change.needs.added} | set(lost)
    return sorted(set(final.versions) - change.case.names - added)


def _replace(change: Change, place: Place, text: str, final: Resolution | None) -> None:
    line = change.line(place)
    raised = place in change.needs.raised
    if raised and final and line.name in final:
        text = line_with(line, f"=={final.versions[line.name]}")
    change.edits[place[0]].replaced[place[1]] = text
    why = "too old for the model" if raised else "there for Windows alone"
    change.note("changed", place, f"{line.code} is now {text}: it is {why}")


def check_includers(change: Change, lost: Mapping[str, Use], final: Resolution | None) -> None:
    """Raise NotTogether where a file that includes the main one would not resolve any more."""
    added = new_lines([*change.needs.added, *lost], change.style, final)
    for file in change.case.files:
        if file is change.main or change.main not in chain(file, change.files):
            continue
        questions = Questions(file, change.files, change.python, change.questions.hashes)
        try:
            questions.before()
        except ResolveError:
            continue
        try:
            questions.after(added, change.gone, change.replaced)
        except ResolveError as error:
            if error.unsolvable:
                raise NotTogether.of(change, error) from error
