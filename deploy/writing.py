"""Puts generated files where they belong: all of them, or none."""

from __future__ import annotations

import contextlib
import difflib
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from deploy.generated import STATE, GeneratedFile, Outcome, outcome_of, read_state, written_state
from deploy.locking.lock import NAME
from deploy.manifest.encoding import decode
from deploy.manifest.server import Edit
from deploy.mine import read_mine
from vectorstore.commandline import CommandError


class Target:
    """Where files are written, and the repository whose files they continue."""

    def __init__(self, root: Path, out: Path, *, force: bool) -> None:
        self._root, self._out, self._force = root, out, force
        self._mine = read_mine(root)
        self._from = out if (out / STATE).is_file() else root
        self._state = read_state(self._from)

    def outcomes(self, files: Sequence[GeneratedFile]) -> list[Outcome]:
        """Raises CommandError when a file that is there cannot be read."""
        return [
            outcome_of(
                file,
                self._before(file),
                self._state.get(file.path),
                force=self._force,
                mine=self._mine.get(file.path, ()),
            )
            for file in files
        ]

    def differs(self, outcomes: Sequence[Outcome], edits: Sequence[Edit]) -> list[str]:
        """The files that a write would change, those with conflicts included."""
        changed = (
            o for o in outcomes if o.conflicts or o.missing or self._text(o.file.path) != o.after
        )
        edited = [edit.path for edit in edits if self._data(edit.path) != edit.after]
        return [*edited, *(outcome.file.path for outcome in changed)]

    def diff(self, outcomes: Sequence[Outcome], edits: Sequence[Edit]) -> str:
        texts = [(e.path, decode(e.before).text, decode(e.after).text) for e in edits]
        texts += [(o.file.path, o.before or "", o.after) for o in outcomes]
        return "".join(line for text in texts for line in _diff(*text))

    def write(self, outcomes: Sequence[Outcome], edits: Sequence[Edit]) -> list[str]:
        """The paths written. Raises CommandError, and then every file is as it was."""
        state = written_state(self._state, {o.file.path: o.written for o in outcomes})
        texts = {o.file.path: o.after for o in outcomes} | {STATE: state}
        executable = {outcome.file.path for outcome in outcomes if outcome.file.executable}
        changed = {e.path: e.after for e in edits if self._data(e.path) != e.after}
        changed |= {
            path: self._with_line_ends(path, text)
            for path, text in texts.items()
            if self._text(path) != text
        }
        _replace_all(self._out, changed, executable)
        return [path for path in changed if path != STATE]

    def _before(self, file: GeneratedFile) -> str | None:
        here = self._text(file.path)
        there = self._root / file.path
        if here is None and there.is_file():
            return there.read_text("utf-8")
        return here

    def _with_line_ends(self, path: str, text: str) -> bytes:
        """\\r\\n where all lines of the file that it continues end so."""
        here = next((f for f in (self._out / path, self._root / path) if f.is_file()), None)
        before = here.read_bytes() if here else b""
        windows = 0 < before.count(b"\r\n") == before.count(b"\n")
        return text.replace("\n", "\r\n" if windows else "\n").encode()

    def _text(self, path: str) -> str | None:
        file = self._out / path
        return file.read_text("utf-8") if file.is_file() else None

    def _data(self, path: str) -> bytes | None:
        file = self._out / path
        return file.read_bytes() if file.is_file() else None


def _diff(path: str, before: str, after: str) -> list[str]:
    one, other = _read_by_people(path, before), _read_by_people(path, after)
    return list(difflib.unified_diff(one, other, f"a/{path}", f"b/{path}"))


def _read_by_people(path: str, text: str) -> list[str]:
    """The lines, without the hashes of a lock, which are a thousand or more."""
    lines = text.splitlines(keepends=True)
    if not path.endswith(NAME):
        return lines
    return [line.replace(" \\\n", "\n") for line in lines if "--hash=" not in line]


def _replace_all(root: Path, contents: Mapping[str, bytes], executable: set[str]) -> None:
    new: dict[Path, Path] = {}
    saved: dict[Path, bytes | None] = {}
    try:
        for path, content in contents.items():
            target = root / path
            target.parent.mkdir(parents=True, exist_ok=True)
            new[target] = _beside(target, content, path in executable)
        for target, temporary in new.items():
            saved[target] = target.read_bytes() if target.is_file() else None
            os.replace(temporary, target)
    except OSError as error:
        _put_back(saved)
        raise CommandError(
            f"{error.filename or root} cannot be written ({error.strerror}): every file is as it was."
        ) from error
    except BaseException:  # Ctrl-C
        _put_back(saved)
        raise
    finally:
        for temporary in new.values():
            temporary.unlink(missing_ok=True)


def _beside(target: Path, content: bytes, executable: bool) -> Path:
    descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(content)
    mode = target.stat().st_mode & 0o777 if target.is_file() else 0o644
    os.chmod(name, mode | (0o111 if executable else 0))
    return Path(name)


def _put_back(saved: Mapping[Path, bytes | None]) -> None:
    for target, content in saved.items():
        with contextlib.suppress(OSError):
            if content is None:
                target.unlink(missing_ok=True)
            else:
                target.write_bytes(content)
