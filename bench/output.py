"""What every benchmark does with its results: a line as they come, a report at the end."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from tools.limits.atomic import write_text


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def write_report(path: Path, report: dict[str, Any]) -> None:
    """Write the JSON whole or not at all. Raises CommandError."""
    write_text(path, json.dumps(report, indent=1) + "\n")
