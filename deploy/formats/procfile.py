"""A Procfile: `name: command`, one to a line."""

from __future__ import annotations

import re

# As Heroku reads it: what does not match is no process type.
_LINE = re.compile(r"^([A-Za-z0-9_-]+):\s*(.+)$")


def parse(text: str) -> dict[str, str]:
    matches = (_LINE.match(line) for line in text.splitlines())
    return {match[1]: match[2].strip() for match in matches if match}


def dump(document: dict[str, str], original: str) -> str:
    """The other lines of `original` stay where they are."""
    lines, written = [], set()
    for line in original.splitlines():
        match = _LINE.match(line)
        if match is None:
            lines.append(line)
        elif match[1] in document:
            same = match[2].strip() == document[match[1]]
            lines.append(line if same else f"{match[1]}: {document[match[1]]}")
            written.add(match[1])
    lines += [f"{name}: {command}" for name, command in document.items() if name not in written]
    return "\n".join(lines) + "\n"
