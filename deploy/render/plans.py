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


def known(name: str) -> str:
    """The name that the schema has. Raises CommandError for one that Render would skip in silence."""
    found = RENAMED.get(name, name)
    if found not in MEMORY:
        raise CommandError(
            f"render_plan: {name!r} is no plan of Render. Choose one of"
            f" {', '.join([*MEMORY, *RENAMED])}."
        )
    return found


def memory_mib(name: str) -> float:
    return MEMORY[known(name)]
