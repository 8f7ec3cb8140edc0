"""All causes, alphabetically: a module's name is what the doctor prints."""

from __future__ import annotations

from collections.abc import Callable
from inspect import cleandoc

from tools.profile.doctor.causes import (
    arena_growth,
    does_not_load,
    growing_history,
    index_read_whole,
    malloc_arenas,
    model_unfolds,
    slow_answers,
    slow_start,
    slow_upstream,
    torch_imported,
    unbounded_batch,
    workers,
)
from tools.profile.doctor.evidence import Evidence, Finding
from tools.profile.doctor.hostlog import Trouble

_MODULES = (
    arena_growth,
    does_not_load,
    growing_history,
    index_read_whole,
    malloc_arenas,
    model_unfolds,
    slow_answers,
    slow_start,
    slow_upstream,
    torch_imported,
    unbounded_batch,
    workers,
)
CAUSES: dict[str, Callable[[Evidence], Finding | None]] = {
    module.__name__.rpartition(".")[2]: module.find for module in _MODULES
}
# An app that does not run comes before one that is large, and that before one that is slow.
_ORDER = (Trouble.NO_LOAD, Trouble.MEMORY, Trouble.SLOW_START, Trouble.SLOW_ANSWER)


def documentation() -> dict[str, str]:
    """Name -> what the cause is, for docs/profile.md."""
    return {m.__name__.rpartition(".")[2]: cleandoc(m.__doc__ or "") for m in _MODULES}


def diagnose(evidence: Evidence) -> list[Finding]:
    """The likely causes: what the log complains of first, within that the most expensive first."""
    found = [finding for find in CAUSES.values() if (finding := find(evidence))]
    complained = {sign.trouble for sign in evidence.signs}

    def rank(finding: Finding) -> tuple[bool, int, float, float]:
        order = _ORDER.index(finding.trouble)
        cost = finding.mib or 0.0, finding.ms or 0.0
        return finding.trouble not in complained, order, -cost[0], -cost[1]

    return sorted(found, key=rank)
