"""What the local servers share: one JSON line when they listen, and an end with their owner."""

from __future__ import annotations

import json
import os
import sys
import threading
from argparse import ArgumentParser
from collections.abc import Callable, Mapping
from pathlib import Path

from tools.limits.atomic import write_text

HOST = "127.0.0.1"  # never anything else: these servers answer whoever asks


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--port", type=int, default=0, help="on 127.0.0.1; 0 picks a free one")
    parser.add_argument(
        "--ready-file", type=Path, help="write the line that says where it listens here as well"
    )
    parser.add_argument(
        "--until-eof", action="store_true", help="end when stdin closes, as it does with its owner"
    )


def announce(where: Mapping[str, object], ready_file: Path | None) -> None:
    """Say on stdout, in one line of JSON, where the server listens; in a file too if asked to."""
    line = json.dumps(where)
    if ready_file:
        write_text(ready_file, line + "\n")
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def at_eof(stop: Callable[[], object]) -> None:
    """Call `stop` from a thread of its own when stdin closes."""

    def wait() -> None:
        while os.read(sys.stdin.fileno(), 4096):
            continue
        stop()

    threading.Thread(target=wait, name="until-eof", daemon=True).start()
