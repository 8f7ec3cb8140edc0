"""All causes, alphabetically: a module's name is what the doctor prints."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable
from importlib import import_module
from inspect import cleandoc

from tools.profile.doctor import causes
from tools.profile.doctor.evidence import Evidence, Finding
from tools.profile.doctor.hostlog import Trouble

_MODULES = {
    found.name: import_module(f"{causes.__name__}.{found.name}")
    for found in pkgutil.iter_modules(causes.__path__)
}
CAUSES: dict[str, Callable[[Evidence], Finding | None]] = {
    name: module.find for name, module in _MODULES.items()
}
# An app that does not run comes before one that is large, and that before one that is slow.
_ORDER = (Trouble.NO_LOAD, Trouble.MEMORY, Trouble.SLOW_START, Trouble.SLOW_ANSWER)


def documentation() -> dict[str, str]:
    """Name -> what the cause is, for docs/profile.md."""
    return {name: cleandoc(module.__doc__ or "") for name, module in _MODULES.items()}


def diagnose(evidence: Evidence) -> list[Finding]:
    """The likely causes: what the log complains of first, within that the most expensive first."""
    found = [finding for find in CAUSES.values() if (finding := find(evidence))]
    complained = {sign.trouble for sign in evidence.signs}

    def rank(finding: Finding) -> tuple[bool, int, float, float]:
        order = _ORDER.index(finding.trouble)
        cost = finding.mib or 0.0, finding.ms or 0.0
        return finding.trouble not in complained, order, -cost[0], -cost[1]

    return sorted(found, key=rank)
