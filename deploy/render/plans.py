"""What Render's plans give. The schema knows the names from before August 2026 alone.

https://render.com/pricing
"""

from __future__ import annotations

from collections.abc import Mapping

from vectorstore.commandline import CommandError

# name -> MiB. `starter` costs more than `free` and has the same memory.
MEMORY: Mapping[str, float] = {
    "free": 512,
    "starter": 512,
    "standard": 2048,
    "pro": 4096,
    "pro plus": 8192,
    "pro max": 16384,
    "pro ultra": 32768,
}
RENAMED: Mapping[str, str] = {"0.5c-512mb": "starter", "1c-2g": "standard", "2c-4g": "pro"}
# Cores and GB; they have no older name.
SINCE_AUGUST: Mapping[str, float] = {
    f"{cores}c-{memory}g": memory * 1024.0
    for cores, memories in {
        2: (8, 16), 4: (8, 16, 32), 8: (16, 32, 64), 12: (24, 48, 96),
    }.items()
    for memory in memories
}  # fmt: skip


def memory_mib(name: str, source: str) -> float:
    """Raises CommandError for a plan that Render would skip in silence; `source` is where it stands."""
    found = {**MEMORY, **SINCE_AUGUST}.get(RENAMED.get(name, name))
    if found is None:
        raise CommandError(
            f"{source}: {name!r} is no plan of Render. Choose one of"
            f" {', '.join([*MEMORY, *RENAMED, *SINCE_AUGUST])}."
        )
    return found
