"""`python -m tools.profile`."""

from __future__ import annotations

from tools.profile.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
