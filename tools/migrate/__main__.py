"""`python -m tools.migrate`."""

from __future__ import annotations

from tools.migrate.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
