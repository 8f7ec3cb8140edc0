"""Several runs as one profile: medians, spreads, one run's timeline, and what is missing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from tools.limits import Enforcement, Reading
from tools.limits.machine import machine
from tools.limits.procfs import Held
from tools.limits.units import MIB
from tools.profile.marks import Mark
from tools.profile.measure import Run, content
from tools.profile.plan import Plan
from tools.profile.result import STAGES, Figure, Figures, Profile, Stage
from tools.profile.unenforced import NOT_ENFORCED, above_line

_MOST_SAMPLES = 600
_MUCH_KEPT_MIB = 16.0
_NO_CGROUP = (
    "working_set_mib, cgroup_usage_mib, cgroup_peak_mib, page_cache_mib: there is no cgroup"
)
_RESTLESS = "all processes loaded: they went on growing, working or ending; with --ready-within it waits longer"
_WHY_NO_STAGE = {
    "interpreter": "the app's Python is not known; name it with --python",
    "model": "no file of a model was opened",
    "store": "no file of a store was opened",
}


def assemble(
    plan: Plan,
    runs: Sequence[Run],
    limit_mib: float | None,
    interpreter: Sequence[Mark],
    command: Sequence[str],
) -> Profile:
    """The profile of runs that all came to their end."""
    stages = tuple(_stages(runs, interpreter))
    effort = plan.effort
    hashed = content(plan, runs)
    profile = Profile(
        command=tuple(command),
        machine=machine(),
        versions=plan.versions,
        content=hashed,
        limit_mib=limit_mib,
        enforcement=enforcement(runs[-1]),
        health_path=plan.door.health_path,
        ready_path=plan.door.ready_path,
        requests=plan.asked.as_json(effort.requests, effort.at_a_time),
        runs=len(runs),
        peak=_figures([asdict(run.peak) for run in runs]),
        stages=stages,
        load=_load(runs),
        timeline=tuple(_timeline(_middle(runs))),
        processes=tuple(_process(held) for held in runs[-1].processes),
    )
    missing = tuple(_not_measured(profile, runs))
    unstable = bool(profile.unstable_figures()) if len(runs) > 1 else None
    return replace(profile, unstable=unstable, not_measured=missing)


def enforcement(run: Run) -> str:
    return NOT_ENFORCED if run.enforcement == Enforcement.WATCHED else run.enforcement


def _middle(runs: Sequence[Run]) -> Run:
    """The one whose length is the median, so that the stages' medians stand on its line."""
    return sorted(runs, key=_length_ms)[len(runs) // 2]


def _length_ms(run: Run) -> float:
    return run.timeline[-1][0] if run.timeline else 0.0


def _process(held: Held) -> dict[str, float | None]:
    uss_mib = None if held.uss is None else round(held.uss / MIB, 3)
    return {"rss_mib": round(held.rss / MIB, 3), "uss_mib": uss_mib}


def _stages(runs: Sequence[Run], interpreter: Sequence[Mark]) -> Iterator[Stage]:
    """Those that every run went through, in the order in which they ended: of their medians."""
    if interpreter:
        yield Stage("interpreter", _marked(interpreter), "a process of its own")
    common = [name for name in runs[0].stages if all(name in run.stages for run in runs)]
    stages = [_stage(name, [run.stages[name] for run in runs]) for name in common]
    yield from sorted(stages, key=_ended_ms)


def _stage(name: str, marks: Sequence[Mark]) -> Stage:
    """Runs may have seen it by different files."""
    return Stage(name, _marked(marks), ", or ".join(dict.fromkeys(mark.seen for mark in marks)))


def _ended_ms(stage: Stage) -> float:
    at_ms = stage.figures["at_ms"]
    return at_ms.median if at_ms else 0.0


def _marked(marks: Sequence[Mark]) -> Figures:
    at_ms = Figure.of(mark.at_ms for mark in marks)
    return {"at_ms": at_ms, **_figures([asdict(mark.reading) for mark in marks])}


def _figures(readings: Sequence[Mapping[str, float | None]]) -> dict[str, Figure | None]:
    return {name: Figure.of(reading[name] for reading in readings) for name in readings[0]}


def _load(runs: Sequence[Run]) -> Figures:
    loads = [run.load for run in runs if run.load]
    told = sorted({part for load in loads for part in load.told_ms})
    return {
        "asked": Figure.of(load.asked for load in loads),
        "answered": Figure.of(load.answered for load in loads),
        "p50_ms": Figure.of(load.p50_ms for load in loads),
        "p95_ms": Figure.of(load.p95_ms for load in loads),
        "processor_ms": Figure.of(load.processor_ms for load in loads),
        **{f"told_{part}_ms": Figure.of(load.told_ms.get(part) for load in loads) for part in told},
        "per_second": Figure.of(load.answered / load.seconds for load in loads),
    }


def _timeline(run: Run) -> list[Mapping[str, float | None]]:
    """Every sample of one run; of a long one the highest RSS of each stretch, so that peaks stay."""
    step = -(-len(run.timeline) // _MOST_SAMPLES) or 1
    stretches = [run.timeline[i : i + step] for i in range(0, len(run.timeline), step)]
    highest = [max(stretch, key=lambda s: s[1].rss_mib or 0.0) for stretch in stretches]
    return [_sample(at_ms, reading) for at_ms, reading in highest]


def _sample(at_ms: float, reading: Reading) -> dict[str, float | None]:
    known: dict[str, Any] = asdict(reading)
    rounded = {k: v if v is None else round(v, 3) for k, v in known.items()}
    return {"at_ms": round(at_ms, 1), **rounded}


def unanswered(runs: Sequence[Run]) -> Iterator[str]:
    """What was asked in vain, by the status that came instead."""
    failed = sum((run.load.failed for run in runs if run.load), Counter[int | None]())
    asked = sum(run.load.asked for run in runs if run.load)
    for status, count in failed.most_common():
        what = "got no answer in time" if status is None else f"were answered {status}"
        yield f"the load: {count} of {asked} requests {what}"


def _not_measured(profile: Profile, runs: Sequence[Run]) -> Iterator[str]:
    if profile.peak["working_set_mib"] is None:
        yield _NO_CGROUP
    elif profile.peak["cgroup_peak_mib"] is None:
        yield "cgroup_peak_mib: this kernel keeps no such mark"
    for name in STAGES:
        if profile.stage(name) is None and (name != "workers" or len(profile.processes) > 1):
            yield f"stage {name}: {_WHY_NO_STAGE.get(name, 'not all runs showed it')}"
    yield from unanswered(runs)
    if profile.load["p95_ms"] is None:
        yield "p95_ms: fewer than 20 requests were answered"
    if len(runs) == 1:
        yield "spread: one run shows none"
    if profile.content is None:
        yield "content: no source below the app's folder was seen being opened"
    kept = max((run.kept_mib or 0.0 for run in runs), default=0.0)
    if kept > _MUCH_KEPT_MIB:
        yield f"a cold start: other processes kept {kept:.0f} MiB of its files in the page cache"
    if any(run.restless for run in runs):
        yield _RESTLESS
    above = above_line(profile)
    if above:
        yield above
    yield from dict.fromkeys(run.missed for run in runs if run.missed)
    yield from dict.fromkeys(run.warning for run in runs if run.warning)
