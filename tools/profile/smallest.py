"""Bisecting the limit: what counts as death, and how often it has to be seen."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from tools.limits import Enforcement, format_mib
from tools.profile.assemble import unanswered
from tools.profile.measure import Run, measure
from tools.profile.plan import Plan
from vectorstore.commandline import CommandError

PRECISION_MIB = 8.0
RUNS, DEATHS = 3, 2
SLOWER_READY, SLOWER_P95 = 3.0, 5.0
_MOST_DOUBLINGS = 3
_SLACK_S = 1.0  # of a wait, so that what is measured decides and not when we look


@dataclass(frozen=True)
class Baseline:
    """The app without a limit: medians of three cold runs."""

    ready_ms: float
    p95_ms: float
    load_s: float
    peak_mib: float


@dataclass(frozen=True)
class Trial:
    """A limit, and how each run in it died; None for one that did not."""

    limit_mib: float
    deaths: tuple[str | None, ...]

    @property
    def survived(self) -> bool:
        return sum(death is not None for death in self.deaths) < DEATHS


@dataclass(frozen=True)
class Fit:
    """The smallest limit that the app survived, and the highest below it that it did not."""

    limit_mib: float
    died_at_mib: float
    deaths: tuple[str, ...]
    enforcement: str
    baseline: Baseline
    trials: tuple[Trial, ...]

    def as_json(self) -> dict[str, Any]:
        return {"precision_mib": PRECISION_MIB, **asdict(self)}


def find_fit(plan: Plan, say: Callable[[str], object]) -> Fit:
    """Bisect until the two limits are within 8 MiB. Raises CommandError."""
    baseline = _baseline(plan)
    say(
        f"without a limit: ready after {baseline.ready_ms / 1000:.2f} s, p95"
        f" {baseline.p95_ms:.0f} ms, peak RSS {format_mib(baseline.peak_mib)}"
    )
    trying = Trying(plan, baseline, say)
    high = _whole(baseline.peak_mib)
    for _ in range(_MOST_DOUBLINGS):
        if trying.survives(high):
            break
        high *= 2
    else:
        raise CommandError(
            f"the app died inside {format_mib(high / 2)} too, of which it takes"
            f" {format_mib(baseline.peak_mib)} without a limit: {trying.trials[-1].deaths}."
        )
    low = max((t.limit_mib for t in trying.trials if not t.survived), default=0.0)
    while high - low > PRECISION_MIB:
        middle = (high + low) / 2
        low, high = (low, middle) if trying.survives(middle) else (middle, high)
    return trying.fit(low, high)


class Trying:
    """Runs inside one limit after the other."""

    def __init__(self, plan: Plan, baseline: Baseline, say: Callable[[str], object]) -> None:
        effort = replace(
            plan.effort,
            ready_within_s=SLOWER_READY * baseline.ready_ms / 1000 + _SLACK_S,
            load_within_s=SLOWER_P95 * baseline.load_s + _SLACK_S,
        )
        self._plan, self._baseline, self._say = replace(plan, effort=effort), baseline, say
        self._enforcement = ""
        self.trials: list[Trial] = []

    def survives(self, limit_mib: float) -> bool:
        """Whether it lives through fewer than two deaths in three cold runs."""
        deaths: list[str | None] = []
        while max(_count(deaths, True), _count(deaths, False)) < DEATHS and len(deaths) < RUNS:
            deaths.append(death(self._measure(limit_mib), self._baseline))
        trial = Trial(limit_mib, tuple(deaths))
        self.trials.append(trial)
        died = [text for text in deaths if text]
        said = "survived" if trial.survived else f"died: {died[0]}"
        self._say(f"{format_mib(limit_mib)}: {said}")
        return trial.survived

    def _measure(self, limit_mib: float) -> Run:
        run = measure(self._plan, limit_mib)
        if run.enforcement == Enforcement.WATCHED:
            raise CommandError(
                f"the smallest limit cannot be found where none is enforced. {run.warning}"
            )
        self._enforcement = run.enforcement
        return run

    def fit(self, low: float, high: float) -> Fit:
        """What was found between the two limits."""
        below = next((trial for trial in self.trials if trial.limit_mib == low), None)
        deaths = tuple(text for text in below.deaths if text) if below else ()
        return Fit(high, low, deaths, self._enforcement, self._baseline, tuple(self.trials))


def death(run: Run, baseline: Baseline) -> str | None:
    """The stage in which a run died and why, in words; None when it lived."""
    if run.ended:
        return f"{run.ended.stage}: {str(run.ended).splitlines()[0]}"
    ready_ms, load = run.ready_ms or 0.0, run.load
    if ready_ms > SLOWER_READY * baseline.ready_ms:
        return f"ready: after {ready_ms:.0f} ms, {ready_ms / baseline.ready_ms:.1f} times as late"
    if load is None or load.p95_ms is None or load.answered < load.asked:
        answered = f"{load.answered} of {load.asked}" if load else "no"
        return f"load: {answered} requests were answered in time"
    if load.p95_ms > SLOWER_P95 * baseline.p95_ms:
        slower = load.p95_ms / baseline.p95_ms
        return f"load: p95 {load.p95_ms:.0f} ms, {slower:.1f} times as slow"
    return None


def _baseline(plan: Plan) -> Baseline:
    runs = [measure(plan, None) for _ in range(RUNS)]
    for run in runs:
        if run.ended or run.load is None or run.load.p95_ms is None:
            why = run.ended or "fewer than 20 requests were answered; raise --load"
            raise CommandError(f"without a limit the app does not come to its end: {why}.")
        if run.load.answered < run.load.asked:
            raise CommandError(
                "without a limit not all of the load is answered either, so that nothing could be"
                f" told inside one ({'; '.join(unanswered([run]))}). Ask what the app answers:"
                " --requests."
            )
    return Baseline(
        ready_ms=_median([run.ready_ms for run in runs]),
        p95_ms=_median([run.load.p95_ms for run in runs if run.load]),
        load_s=_median([run.load.seconds for run in runs if run.load]),
        peak_mib=max(run.peak.rss_mib or 0.0 for run in runs),
    )


def _median(values: Sequence[float | None]) -> float:
    return statistics.median(value for value in values if value is not None)


def _count(deaths: Sequence[str | None], died: bool) -> int:
    return sum((death is not None) is died for death in deaths)


def _whole(mib: float) -> float:
    return -(-mib // PRECISION_MIB) * PRECISION_MIB
