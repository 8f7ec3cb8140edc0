"""A profile as it stands in a file: schema 1.

Amounts are MiB, times ms, and both say so in their names. What could not be measured is None (JSON
null) and is named in `not_measured`; nothing is guessed.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Self

from tools.limits.atomic import write_text
from tools.profile.checked import wrong_field
from tools.profile.program import PROGRAM
from vectorstore.commandline import CommandError

SCHEMA = 1
# In the order in which an app passes through them.
STAGES = (
    "interpreter",
    "imports",
    "model",
    "store",
    "ready",
    "workers",
    "first_request",
    "load",
    "after",
)
# Above this share of its median a figure is called unstable.
UNSTABLE = 0.10
# The rest of what is charged to a cgroup are cached files, which come and go with the machine.
_MEMORY = ("rss_mib", "pss_mib", "uss_mib", "anonymous_mib", "working_set_mib", "high_water_mib")
_TIMES = ("at_ms", "p50_ms", "p95_ms", "per_second", "processor_ms")


@dataclass(frozen=True)
class Figure:
    """One figure of several runs; `spread` is (max - min) / median, 0 where the median is 0.

    None where there was one run only.
    """

    median: float
    min: float
    max: float
    spread: float | None

    @classmethod
    def of(cls, values: Iterable[float | None]) -> Figure | None:
        """The figure of one value from each run; None when one of them could not be measured."""
        given = list(values)
        known = [value for value in given if value is not None]
        if not given or len(known) < len(given):
            return None
        median = statistics.median(known)
        spread = round((max(known) - min(known)) / abs(median), 4) if median else 0.0
        apart = spread if len(known) > 1 else None
        return cls(round(median, 3), round(min(known), 3), round(max(known), 3), apart)

    @property
    def unstable(self) -> bool:
        return self.spread is not None and self.spread > UNSTABLE


Figures = Mapping[str, Figure | None]


@dataclass(frozen=True)
class Stage:
    """The process tree at the end of a stage: `figures` has at_ms, rss_mib, anonymous_mib and so on."""

    name: str  # one of STAGES
    figures: Figures
    seen: str = ""  # what its end was seen by; "" in profiles that do not tell


@dataclass(frozen=True)
class Profile:
    """What one `run` measured. See docs/profile.md for what each figure means."""

    command: tuple[str, ...]
    machine: Mapping[str, Any]
    versions: Mapping[str, str]
    content: Mapping[str, Any] | None
    limit_mib: float | None
    enforcement: str  # "not enforced" where the tree was only watched
    health_path: str
    ready_path: str
    requests: Mapping[str, Any]
    runs: int
    peak: Figures
    stages: tuple[Stage, ...]
    load: Figures
    timeline: tuple[Mapping[str, float | None], ...]
    processes: tuple[Mapping[str, float | None], ...] = ()  # after the load, the largest first
    who: Mapping[str, Any] | None = None
    malloc: Mapping[str, Any] | None = None
    leak: Mapping[str, Any] | None = None
    fit: Mapping[str, Any] | None = None
    died: Mapping[str, Any] | None = None  # in the limit asked for; then all else is without one
    unstable: bool | None = False  # the memory; None where one run tells nothing of it
    not_measured: tuple[str, ...] = field(default=())

    def stage(self, name: str) -> Stage | None:
        """The stage of that name; None when this app has none or it was not seen."""
        return next((stage for stage in self.stages if stage.name == name), None)

    def unstable_figures(self) -> list[str]:
        """The amounts of memory whose runs lie further apart than a tenth of the median."""
        return list(self._apart(_MEMORY))

    def unstable_times(self) -> list[str]:
        """The same of times, which a busy machine changes and no verdict goes by."""
        return list(self._apart(_TIMES))

    def _apart(self, names: Sequence[str]) -> Iterator[str]:
        stages = ((stage.name, stage.figures) for stage in self.stages)
        for where, figures in (("peak", self.peak), *stages, ("load", self.load)):
            for name, figure in figures.items():
                if figure and figure.unstable and name in names:
                    yield f"{where} {name} ({figure.spread:.0%} apart)"

    def as_json(self) -> dict[str, Any]:
        """The object that is written, `schema` first."""
        plain = asdict(self)
        plain["stages"] = [
            {"name": s["name"], "seen": s["seen"], **s["figures"]} for s in plain["stages"]
        ]
        return {"schema": SCHEMA, **plain}

    @classmethod
    def from_json(cls, source: Any, where: str = "profile") -> Self:
        """The profile in a parsed file. Raises CommandError naming what is wrong in `where`."""
        if not isinstance(source, Mapping) or source.get("schema") != SCHEMA:
            found = source.get("schema") if isinstance(source, Mapping) else None
            raise CommandError(
                f"{where}: has schema {found!r}, and this program reads profiles of schema {SCHEMA}."
                f" Measure it again with `{PROGRAM} run`."
            )
        if wrong := wrong_field(source):
            raise CommandError(
                f"{where}: is no profile of schema {SCHEMA}: {wrong}. Measure it again with"
                f" `{PROGRAM} run`."
            )
        known = {name: source[name] for name in cls.__dataclass_fields__ if name in source}
        try:
            return cls(
                **{
                    **known,
                    "command": tuple(source["command"]),
                    "peak": _figures(source["peak"]),
                    "load": _figures(source["load"]),
                    "stages": tuple(_stage(stage) for stage in source["stages"]),
                    "timeline": tuple(source["timeline"]),
                    "processes": tuple(source.get("processes", ())),
                    "not_measured": tuple(source["not_measured"]),
                }
            )
        except (AttributeError, KeyError, TypeError) as error:
            raise CommandError(
                f"{where}: is no profile of schema {SCHEMA} ({type(error).__name__}: {error})."
                f" Measure it again with `{PROGRAM} run`."
            ) from error


def read_profile(file: Path) -> Profile:
    """The profile in a file. Raises CommandError."""
    try:
        source = json.loads(file.read_text("utf-8"), parse_constant=_no_number)
    except FileNotFoundError as error:
        raise CommandError(
            f"{file}: is not there. Write it with `{PROGRAM} run --out {file}`."
        ) from error
    except (OSError, ValueError) as error:
        raise CommandError(f"{file}: cannot be read as JSON: {error}.") from error
    return Profile.from_json(source, str(file))


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no number of JSON")


def write_profile(file: Path, profile: Profile) -> None:
    """Write the profile whole or not at all. Raises CommandError."""
    write_text(file, json.dumps(profile.as_json(), indent=1) + "\n")


def add_to_profile(file: Path, **parts: Mapping[str, Any] | None) -> None:
    """Put what another command measured, e.g. `fit`, into a profile. Raises CommandError."""
    write_profile(file, replace(read_profile(file), **parts))  # type: ignore[arg-type]


def _figures(source: Mapping[str, Any]) -> dict[str, Figure | None]:
    return {name: Figure(**value) if value else None for name, value in source.items()}


def _stage(source: Mapping[str, Any]) -> Stage:
    figures = {name: value for name, value in source.items() if name not in ("name", "seen")}
    return Stage(source["name"], _figures(figures), source.get("seen", ""))
