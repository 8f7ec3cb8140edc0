"""What Heroku's dynos give.

https://devcenter.heroku.com/articles/limits#dynos
"""

from __future__ import annotations

from collections.abc import Mapping

from vectorstore.commandline import CommandError

_LARGE = {"m": 2560, "l": 14336, "l-ram": 30720, "xl": 63488, "2xl": 129024}
# name -> MiB; over it a dyno swaps (R14) and is restarted at twice that (R15).
MEMORY: Mapping[str, float] = {
    "eco": 512,
    "basic": 512,
    "standard-1x": 512,
    "standard-2x": 1024,
    **{f"performance-{size}": memory for size, memory in _LARGE.items()},
    "private-s": 1024,
    **{f"private-{size}": memory for size, memory in _LARGE.items()},
    "shield-s": 1024,
    **{f"shield-{size}": memory for size, memory in _LARGE.items()},
}
NEWER = frozenset(
    size for size in MEMORY if size.endswith(("-l-ram", "-xl", "-2xl"))
)  # than the schema
# https://devcenter.heroku.com/changelog-items/2555
RENAMED: Mapping[str, str] = {"hobby": "basic", "free": "eco"}


def memory_mib(size: str, source: str) -> float:
    """Raises CommandError for a size that is not known, all in lower case; `source`: where it stands."""
    if size not in MEMORY:
        raise CommandError(
            f"{source}: {size!r} is no size of a dyno. Choose one of {', '.join(MEMORY)}."
        )
    return MEMORY[size]
