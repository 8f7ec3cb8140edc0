"""`python -m vectorstore`."""

from __future__ import annotations

from vectorstore.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
