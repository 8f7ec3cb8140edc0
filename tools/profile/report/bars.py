"""Whose the memory is, as stacked bars: one for each measurement, which are never mixed."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tools.profile.result import Profile
from tools.profile.who.allocations import UNATTRIBUTED
from tools.profile.who.ladder import INTERPRETER
from tools.profile.who.packages import STANDARD_LIBRARY

COLOURS = 8  # that the page tells apart
OTHER, REST = "other", "rest"
_LEAST_MIB = 0.05


@dataclass(frozen=True)
class Part:
    """`kind` is the number of its colour, "other" or "rest" (what nobody is known for)."""

    name: str
    mib: float
    share: float
    kind: str


@dataclass(frozen=True)
class Bar:
    """The parts add up to `total_mib`."""

    title: str
    note: str
    total_mib: float
    parts: tuple[Part, ...]


def bars(profile: Profile) -> list[Bar]:
    """Those that were measured."""
    who = profile.who or {}
    found = [_imports(who), _mapped(who.get("mapped")), _allocated(who.get("allocations"))]
    measured = [one for one in found if one]
    colours = _colours(measured)
    return [_bar(one, colours) for one in measured]


@dataclass(frozen=True)
class _Measured:
    title: str
    note: str
    named: Mapping[str, float]
    rest_name: str
    rest_mib: float

    @property
    def total_mib(self) -> float:
        return sum(mib for mib in self.named.values() if mib > 0) + self.rest_mib


def _colours(measured: Iterable[_Measured]) -> dict[str, str]:
    """The same colour for the same name in all bars, for those with the largest shares."""
    shares: Counter[str] = Counter()
    for one in measured:
        for name, mib in one.named.items():
            shares[name] = max(shares[name], mib / one.total_mib)  # type: ignore[assignment]
    return {name: str(n) for n, (name, _) in enumerate(shares.most_common(COLOURS), 1)}


def _imports(who: Mapping[str, Any]) -> _Measured | None:
    ladder, rss_mib = who.get("imports"), who.get("rss_mib")
    if not ladder or rss_mib is None:
        return None
    named = dict(ladder.get("everywhere") or _of_one(ladder))
    rest = rss_mib - sum(named.values())
    counted, all_of_them = ladder.get("processes", 1), who.get("processes", 1)
    others = ", and other processes" if all_of_them > counted else ""
    note = (
        "What each package's imports added to RSS. Memory after the imports (the model, caches,"
        " requests) is of nobody in this measurement."
    )
    if counted > 1:
        note += f" Added up of {counted} processes: pages that they share count in each."
    return _Measured("RSS, by import", note, named, f"after the imports{others}", max(rest, 0.0))


def _of_one(ladder: Mapping[str, Any]) -> dict[str, float]:
    named = {rung["package"]: rung["own_mib"] for rung in ladder["rungs"]}
    return {**named, INTERPRETER: ladder["interpreter_mib"]}


def _mapped(mapped: Mapping[str, Any] | None) -> _Measured | None:
    if not mapped:
        return None
    named: dict[str, float] = defaultdict(float)
    for one in mapped["files"]:
        data = one["kind"] in ("model", "store")
        owner = one["package"] or "system libraries"
        named[f"{one['kind']} {one['file']}" if data else owner] += one["rss_mib"]
    note = "RSS of the files that were mapped; the rest has no file behind it."
    return _Measured("RSS, by mapped file", note, named, "anonymous", mapped["anonymous_mib"])


def _allocated(allocations: Mapping[str, Any] | None) -> _Measured | None:
    if not allocations:
        return None
    named = dict(allocations["packages"])
    rest = named.pop(UNATTRIBUTED, 0.0)
    note = (
        "What was allocated at the high-water mark, by memray in a run of its own: virtual memory, not"
        " RSS."
    )
    if allocations["processes"] > 1:
        note += f" Of the largest of {allocations['processes']} processes."
    return _Measured("Allocations, by package", note, named, UNATTRIBUTED, rest)


def _bar(one: _Measured, colours: Mapping[str, str]) -> Bar:
    total = one.total_mib
    ranked = sorted(((mib, name) for name, mib in one.named.items() if mib > 0), reverse=True)
    shown = {name for mib, name in ranked if name in colours and mib >= _LEAST_MIB}
    parts = [_part(name, mib, total, colours[name]) for mib, name in ranked if name in shown]
    others = [mib for mib, name in ranked if name not in shown]
    if others:
        parts.append(
            _part(f"{len(others)} other{'s' * (len(others) > 1)}", sum(others), total, OTHER)
        )
    if one.rest_mib >= _LEAST_MIB:
        parts.append(_part(one.rest_name, one.rest_mib, total, REST))
    return Bar(one.title, one.note, total, tuple(parts))


def _part(name: str, mib: float, total: float, kind: str) -> Part:
    return Part(name, mib, mib / total if total else 0.0, kind)


def rungs(profile: Profile, count: int = 15) -> list[dict[str, Any]]:
    """The highest rungs of the ladder, each with the share of the highest; [] when not measured."""
    ladder = (profile.who or {}).get("imports")
    shown = ladder["rungs"][:count] if ladder else []
    highest = max((rung["own_mib"] for rung in shown), default=0.0) or 1.0
    return [
        {
            **rung,
            "share": max(rung["own_mib"], 0.0) / highest,
            "by": "" if rung["package"] == STANDARD_LIBRARY else " > ".join(rung["chain"][:-1]),
        }
        for rung in shown
    ]
