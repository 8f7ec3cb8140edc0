"""`python -m tools.migrate`."""

from __future__ import annotations

import gc
import sys

try:
    from tools.migrate.cli import main
except ModuleNotFoundError as error:
    if (error.name or "").startswith(("tools", "vectorstore")):
        raise
    sys.stderr.write(
        f"tools.migrate: {error.name} is not installed in {sys.executable}. In a checkout use"
        " .venv/bin/python, which `make install` makes; else pip install 'fit512[migrate]'.\n"
    )
    raise SystemExit(2) from None

if __name__ == "__main__":
    # Syntax trees are millions of objects that live to the end: looking for garbage among them as
    # often as Python does takes a fifth of the time.
    gc.set_threshold(50_000, 20, 50)
    raise SystemExit(main())
