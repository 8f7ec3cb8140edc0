"""The staged changes as one unified diff."""

from __future__ import annotations

import codecs
import difflib
from collections.abc import Iterator
from pathlib import PurePosixPath

from tools.migrate.project import Project
from tools.migrate.secret_values import mask
from tools.migrate.source import SourceError, Text, decode, decode_python

NO_NEWLINE = "\\ No newline at end of file\n"


def as_diff(project: Project) -> str:
    """Every staged change; binary and copied files are named only.

    Lines keep their endings, so that CRLF files show CRLF. A file that is not UTF-8 is shown as
    indented text, which `git apply` passes over: no patch in UTF-8 can hold its bytes. Secrets are
    shown as ***, also those of lines that stay.
    """
    parts: list[str] = []
    staged = project.staged()
    # What is only added comes last: it is the longest and the least worth reading.
    for path in sorted(staged, key=lambda path: (project.original(path) is None, path)):
        data = staged[path]
        parts += _file(path, project.original(path), data)
    for path, source in sorted(project.copied().items()):
        parts.append(
            f"Binary files /dev/null and b/{path} differ ({_mib(source.stat().st_size)})\n"
        )
    return "".join(parts)


def _file(path: PurePosixPath, before: bytes | None, after: bytes | None) -> Iterator[str]:
    old = f"a/{path}" if before is not None else "/dev/null"
    new = f"b/{path}" if after is not None else "/dev/null"
    try:
        was, is_ = _lines(path, before or b""), _lines(path, after or b"")
    except SourceError:
        yield f"Binary files {old} and {new} differ\n"
        return
    foreign = next(filter(None, (_foreign(path, data) for data in (before, after))), None)
    if foreign:
        yield f"Binary files {old} and {new} differ ({foreign}; to be read, not applied:)\n"
    for line in difflib.unified_diff(was, is_, old, new):
        whole = line if line.endswith("\n") else f"{line}\n{NO_NEWLINE}"
        yield whole.replace(line, f"    {line}", 1) if foreign else whole


def _foreign(path: PurePosixPath, data: bytes | None) -> str | None:
    """The encoding of a text whose bytes are not those of UTF-8."""
    text = _decoded(path, data or b"")
    same = text.bom + text.text.encode("utf-8", "replace") == (data or b"")
    return None if same else text.encoding


def _decoded(path: PurePosixPath, data: bytes) -> Text:
    return decode_python(data) if path.suffix == ".py" else decode(data)


def _lines(path: PurePosixPath, data: bytes) -> list[str]:
    decoded = _decoded(path, data)
    mark = "\ufeff" if decoded.bom == codecs.BOM_UTF8 else ""
    text = mark + mask(decoded.text, path)
    # Not str.splitlines: a form feed or U+2028 ends no line in a diff.
    lines = text.split("\n")
    ended = [f"{line}\n" for line in lines[:-1]]
    return [*ended, lines[-1]] if lines[-1] else ended


def _mib(size: int) -> str:
    return f"{size / 2**20:.1f} MiB"
