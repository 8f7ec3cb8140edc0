"""A profile held against its budget: one check for each line of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from enum import StrEnum

from tools.profile.gate.budget import Budget
from tools.profile.gate.causes import allocated_mib, imported_mib
from tools.profile.result import Figures, Profile
from vectorstore.commandline import CommandError, Exit


class Status(StrEnum):
    """OK and WARN pass."""

    OK = "ok"
    WARN = "warn"
    OVER = "over"
    DIED = "died"
    NOT_MEASURED = "not measured"


@dataclass(frozen=True)
class Check:
    """One line of the budget: `actual_mib` of `allowed_mib`, and the key to change."""

    name: str
    key: str
    actual_mib: float | None
    allowed_mib: float
    status: Status

    @property
    def over_mib(self) -> float:
        return (self.actual_mib or 0.0) - self.allowed_mib

    @property
    def failed(self) -> bool:
        return self.status not in (Status.OK, Status.WARN)


@dataclass(frozen=True)
class Verdict:
    """All checks, that of the limit first; `measure` is the figure that they are about."""

    measure: str
    checks: tuple[Check, ...]

    @property
    def passed(self) -> bool:
        return not any(check.failed for check in self.checks)

    @property
    def may_be_baseline(self) -> bool:
        """Growth against the old baseline does not hinder a new one."""
        return not any(check.failed for check in self.checks if check.name != "growth")


_LEAST_ANSWERED = 0.95
_ALIKE = 0.7  # scikit-learn and sklearn are
# The first that was measured is judged. RSS counts pages that could be taken back: it is stricter.
MEASURES = {"working_set_mib": "working set", "rss_mib": "RSS"}


def measure_of(profile: Profile) -> str:
    """The key of the figure that is judged. Raises CommandError when nothing was measured."""
    for name in MEASURES:
        if profile.peak.get(name) is not None:
            return name
    raise CommandError("nothing was measured: the profile has neither working set nor RSS.")


def judge(budget: Budget, profile: Profile, baseline: Profile | None) -> Verdict:
    """Raises CommandError when the profile holds nothing to judge."""
    measure = measure_of(profile)
    _check_answered(profile)
    return Verdict(measure, tuple(_checks(budget, profile, baseline, measure)))


def _check_answered(profile: Profile) -> None:
    """An app that refuses what it is asked is judged idle, which says nothing."""
    asked, answered = (_median(profile.load, name) for name in ("asked", "answered"))
    if asked is None or answered is None or answered < _LEAST_ANSWERED * asked:
        failures = [what for what in profile.not_measured if what.startswith("the load: ")]
        raise CommandError(
            f"the app was not measured under its load: {answered or 0:.0f} of {asked or 0:.0f} requests"
            f" were answered ({'; '.join(failures) or 'why is not known'}). Name requests that it"
            " answers with --requests.",
            Exit.NO,
        )


def _checks(
    budget: Budget, profile: Profile, baseline: Profile | None, measure: str
) -> Iterator[Check]:
    peak = _median(profile.peak, measure)
    limit = _check("peak", "budget.fail", peak, budget.fail_mib)
    warned = limit.status is Status.OK and (peak or 0.0) > budget.warn_mib
    yield Check("peak", "budget.fail", peak, budget.fail_mib, Status.WARN) if warned else limit
    if profile.died:
        inside_mib = float(profile.died["limit_mib"])
        yield Check("the limit", "budget.limit", None, inside_mib, Status.DIED)
    before = _median(baseline.peak, measure) if baseline else None
    if budget.growth and budget.baseline:  # not there, or without the figure: nothing to compare
        compared = peak if before is not None else None
        allowed = budget.growth.allowed_mib(before or 0.0)
        yield _check("growth", "budget.growth", compared, allowed)
    for name, allowed in budget.stages.items():
        stage = profile.stage(name)
        actual = _median(stage.figures, measure) if stage else None
        yield _check(f"stage {name}", f"stages.{name}", actual, allowed)
    yield from _packages("packages", "imports of", budget.packages, imported_mib(profile))
    yield from _packages(
        "allocations", "allocations of", budget.allocations, allocated_mib(profile)
    )


def _packages(
    table: str, what: str, budgets: Mapping[str, float], measured: Mapping[str, float] | None
) -> Iterator[Check]:
    for name, allowed in budgets.items():
        actual = None if measured is None else measured.get(name, 0.0)
        check = _check(f"{what} {name}", f"{table}.{name}", actual, allowed)
        there = not allowed and name in (measured or {})  # even where it takes nothing
        yield replace(check, status=Status.OVER) if there else check


def unseen(budget: Budget, profile: Profile) -> Iterator[str]:
    """Budgets of packages that take nothing, with a name that they may be misspelled from."""
    for what, budgets, measured in (
        ("imports of", budget.packages, imported_mib(profile)),
        ("allocations of", budget.allocations, allocated_mib(profile)),
    ):
        for name in budgets:
            if measured is not None and name not in measured:
                near = get_close_matches(name, measured, 1, _ALIKE)
                yield f"{what} {name}: none were seen" + "".join(f", but of {n}" for n in near)


def _check(name: str, key: str, actual: float | None, allowed: float) -> Check:
    if actual is None:
        return Check(name, key, None, allowed, Status.NOT_MEASURED)
    return Check(name, key, actual, allowed, Status.OVER if actual > allowed else Status.OK)


def _median(figures: Figures, name: str) -> float | None:
    figure = figures.get(name)
    return figure.median if figure else None
