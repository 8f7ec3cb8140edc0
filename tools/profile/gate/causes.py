"""Whose the memory is, the largest first, and whose has grown.

A package has two figures that are never added: what its imports added to RSS, and what it held of
memray's high-water mark. The larger one is shown, and which it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tools.profile.result import Profile
from tools.profile.who.packages import STANDARD_LIBRARY

INTERPRETER = "interpreter and standard library"
_SHOWN_MIB = 0.05
_LEAST_MIB = 0.5  # a smaller change is noise of page boundaries


@dataclass(frozen=True)
class Cause:
    """Memory of one package or file, in MiB; `how` it was measured; `chain`: who imports it."""

    name: str
    mib: float
    how: str
    chain: tuple[str, ...] = ()

    def __str__(self) -> str:
        through = f", by {' > '.join(self.chain[:-1])}" if len(self.chain) > 1 else ""
        return f"{self.name} {self.mib:.1f} MiB ({self.how}{through})"


def imported_mib(profile: Profile) -> dict[str, float] | None:
    """Package -> what its imports added to RSS; None when not measured."""
    ladder = (profile.who or {}).get("imports")
    return {rung["package"]: rung["own_mib"] for rung in ladder["rungs"]} if ladder else None


def allocated_mib(profile: Profile) -> dict[str, float] | None:
    """Package -> what it held at the high-water mark; None when not measured."""
    allocations = (profile.who or {}).get("allocations")
    return dict(allocations["packages"]) if allocations else None


def causes(profile: Profile) -> list[Cause]:
    """The largest first; [] when nothing of it was measured."""
    who = profile.who or {}
    allocations = who.get("allocations")
    rss = profile.peak.get("rss_mib")
    packages = {c.name: c for c in _imports(who.get("imports"))}
    for name, mib in (allocated_mib(profile) or {}).items():
        other = packages.get(name)
        if name != STANDARD_LIBRARY and (other is None or other.mib < mib):
            untouched = ", not all of it touched" if rss and mib > rss.max else ""
            how = f"allocations{_of_one(allocations)}{untouched}"
            packages[name] = Cause(name, mib, how, other.chain if other else ())
    found = [*packages.values(), *_files(who.get("mapped"))]
    return sorted((c for c in found if c.mib >= _SHOWN_MIB), key=lambda cause: -cause.mib)


def grown(before: Profile, now: Profile) -> list[Cause]:
    """Packages that take more than in `before`, the largest growth first."""
    found: dict[str, Cause] = {}
    chains = {c.name: c.chain for c in causes(now)}
    for kind, measure in (("imports", imported_mib), ("allocations", allocated_mib)):
        how = f"{kind}{_of_one((now.who or {}).get(kind))}"
        old, new = measure(before), measure(now)
        if old is None or new is None:
            continue
        for name, mib in new.items():
            more = mib - old.get(name, 0.0)
            if more >= _LEAST_MIB and (name not in found or found[name].mib < more):
                found[name] = Cause(name, more, how, chains.get(name, ()))
    return sorted(found.values(), key=lambda cause: -cause.mib)


def _imports(ladder: Mapping[str, Any] | None) -> list[Cause]:
    if not ladder:
        return []
    rungs = [rung for rung in ladder["rungs"] if rung["package"] != STANDARD_LIBRARY]
    standard = sum(r["own_mib"] for r in ladder["rungs"] if r["package"] == STANDARD_LIBRARY)
    python = Cause(INTERPRETER, ladder["interpreter_mib"] + standard, "RSS")
    return [
        python,
        *(
            Cause(r["package"], r["own_mib"], f"imports{_of_one(ladder)}", tuple(r["chain"]))
            for r in rungs
        ),
    ]


def _of_one(measured: Mapping[str, Any] | None) -> str:
    """Both are of the process that has most: with several workers that is not the whole."""
    processes = (measured or {}).get("processes", 1)
    return f" in one of {processes} processes" if processes > 1 else ""


def _files(mapped: Mapping[str, Any] | None) -> list[Cause]:
    files = mapped["files"] if mapped else ()
    return [
        Cause(one["file"], one["rss_mib"], f"mapped {one['kind']}")
        for one in files
        if one["kind"] in ("model", "store")
    ]
