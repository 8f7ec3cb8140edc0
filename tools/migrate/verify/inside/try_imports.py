"""Try every import of the app's code, and then the app's module: `python try_imports.py ASKED.json SEEN.json`.

Imports in functions are tried too: nothing else would run them before a visitor does.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path


def attempt(statement: str) -> str | None:
    """The error that the statement ends with, in a line."""
    try:
        exec(statement, {"__name__": "tried"})
    except BaseException as error:  # a module may exit
        lines = str(error).strip().splitlines()
        return f"{type(error).__name__}: {lines[0] if lines else ''}".rstrip(": ")
    return None


def main(asked_file: str, seen_file: str) -> None:
    asked = json.loads(Path(asked_file).read_text("utf-8"))
    sys.path[0] = asked["folder"]
    seen = []
    for place, statement in asked["statements"]:
        error = attempt(statement)
        if error:
            seen.append([place, error])
    Path(seen_file).write_text(json.dumps(seen), "utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
