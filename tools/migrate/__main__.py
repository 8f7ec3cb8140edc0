"""`python -m tools.migrate`."""

from __future__ import annotations

import gc
import sys

from tools.cli import main

if __name__ == "__main__":
    # Syntax trees are millions of objects that live to the end: looking for garbage among them as
    # often as Python does takes a fifth of the time.
    gc.set_threshold(50_000, 20, 50)
    raise SystemExit(main(["migrate", *sys.argv[1:]]))
