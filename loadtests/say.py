"""What the command tells while it works, on stderr: stdout is the report's."""

from __future__ import annotations

import sys

PROGRAM = "fit512 loadtest"


def say(line: str) -> None:
    sys.stderr.write(f"{PROGRAM}: {line}\n")
