"""`python -m loadtests`."""

from __future__ import annotations

from loadtests.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
