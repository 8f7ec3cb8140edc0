"""The staged changes as one unified diff."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from pathlib import PurePosixPath

from tools.migrate.project import Project
from tools.migrate.secret_values import mask
from tools.migrate.source import SourceError, decode, decode_python

NO_NEWLINE = "\\ No newline at end of file\n"


def as_diff(project: Project) -> str:
    """Every staged change; binary and copied files are named only.

    Text in UTF-16 is shown as text. Lines keep their endings, so that CRLF files show CRLF. Secrets
    are shown as ***, also those of lines that stay.
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
    for line in difflib.unified_diff(was, is_, old, new):
        yield line if line.endswith("\n") else f"{line}\n{NO_NEWLINE}"


def _lines(path: PurePosixPath, data: bytes) -> list[str]:
    text = (decode_python(data) if path.suffix == ".py" else decode(data)).text
    text = mask(text, path)
    # Not str.splitlines: a form feed or U+2028 ends no line in a diff.
    lines = text.split("\n")
    ended = [f"{line}\n" for line in lines[:-1]]
    return [*ended, lines[-1]] if lines[-1] else ended


def _mib(size: int) -> str:
    return f"{size / 2**20:.1f} MiB"
