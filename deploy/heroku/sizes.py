"""What Heroku's dynos give.

https://devcenter.heroku.com/articles/limits#dynos
"""

from __future__ import annotations

from collections.abc import Mapping

from vectorstore.commandline import CommandError

# name -> MiB; over it a dyno swaps (R14) and is restarted at twice that (R15).
MEMORY: Mapping[str, float] = {
    "eco": 512,
    "basic": 512,
    "standard-1x": 512,
    "standard-2x": 1024,
    "performance-m": 2560,
    "performance-l": 14336,
}


def memory_mib(size: str) -> float:
    """Raises CommandError for a size that app.json does not know, which are in lower case."""
    if size not in MEMORY:
        raise CommandError(
            f"heroku_size: {size!r} is no size of a dyno. Choose one of {', '.join(MEMORY)}."
        )
    return MEMORY[size]
