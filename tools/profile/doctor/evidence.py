"""What the doctor knows of an app: its profile, its environment, the host's log, the upstream."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tools.profile.doctor.hostlog import Sign, Trouble
from tools.profile.result import Profile
from tools.profile.stops import Died


@dataclass(frozen=True)
class Finding:
    """One likely cause. `mib` or `ms` is what it was measured to cost, None where it was not.

    `lines` are what the app wrote.
    """

    cause: str
    trouble: Trouble
    what: str
    remedy: str
    mib: float | None = None
    ms: float | None = None
    lines: str = ""


@dataclass(frozen=True)
class Evidence:
    """`died` is why the app did not come to its end here; `upstream_ms` the model API's latency."""

    profile: Profile | None
    command: Sequence[str] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    signs: Sequence[Sign] = ()
    died: Died | None = None
    upstream_ms: float | None = None
    given_mib: float | None = None  # the host's limit
    has_log: bool = False

    @property
    def limit_mib(self) -> float:
        """The host's: as it was given, as its log says it, as it was measured in; else 512 MiB."""
        said = [s.mib for s in self.signs if s.mib and s.meaning.startswith("Render")]
        limit = self.profile.limit_mib if self.profile else None
        if self.profile and self.profile.died:
            limit = float(self.profile.died["limit_mib"])
        return self.given_mib or (said[0] if said else limit) or 512.0

    @property
    def counted_mib(self) -> float | None:
        """The most that the host's log says was used."""
        counted = (s.mib for s in self.signs if s.mib and not s.meaning.startswith("Render"))
        return max(counted, default=None)

    @property
    def rungs(self) -> Sequence[Mapping[str, Any]]:
        """The import ladder."""
        ladder = ((self.profile.who if self.profile else None) or {}).get("imports")
        return ladder["rungs"] if ladder else ()

    def at(self, stage: str, figure: str) -> float | None:
        """The median at the end of a stage; None when not measured."""
        found = self.profile.stage(stage) if self.profile else None
        value = found.figures.get(figure) if found else None
        return value.median if value else None

    def during(self, stage: str, figure: str) -> float | None:
        """What a stage added: its end less that of the stage before it."""
        stages = self.profile.stages if self.profile else ()
        names = [one.name for one in stages]
        if stage not in names or names[0] == stage:
            return None
        before, after = self.at(names[names.index(stage) - 1], figure), self.at(stage, figure)
        return None if before is None or after is None else after - before

    def peak(self, figure: str) -> float | None:
        value = self.profile.peak.get(figure) if self.profile else None
        return value.median if value else None

    def load(self, figure: str) -> float | None:
        value = self.profile.load.get(figure) if self.profile else None
        return value.median if value else None

    def rung(self, package: str) -> Mapping[str, Any] | None:
        """A package of the import ladder."""
        return next((rung for rung in self.rungs if rung["package"] == package), None)

    def mapped_mib(self, kind: str) -> float | None:
        """What is in memory of the mapped files of a kind, in MiB of RSS."""
        mapped = ((self.profile.who if self.profile else None) or {}).get("mapped")
        if not mapped:
            return None
        return float(sum(one["rss_mib"] for one in mapped["files"] if one["kind"] == kind))

    def said(self, trouble: Trouble) -> list[Sign]:
        return [sign for sign in self.signs if sign.trouble is trouble]
