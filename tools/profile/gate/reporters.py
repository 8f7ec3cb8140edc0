"""A verdict in the terminal, as Markdown and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict

from tools.limits import format_mib
from tools.profile.alike import unlike
from tools.profile.death import death_line
from tools.profile.gate.budget import Budget
from tools.profile.gate.causes import causes, grown
from tools.profile.gate.judge import MEASURES, Check, Status, Verdict, unseen
from tools.profile.gate.table import change, markdown, stage_rows
from tools.profile.result import Figure, Profile

_CAUSES = 3


def print_verdict(budget: Budget, verdict: Verdict, now: Profile, before: Profile | None) -> None:
    print(render(budget, verdict, now, before))


def print_json(budget: Budget, verdict: Verdict, now: Profile, before: Profile | None) -> None:
    print(json.dumps(as_json(budget, verdict, now, before), indent=1))


def render(budget: Budget, verdict: Verdict, now: Profile, before: Profile | None) -> str:
    """What `gate` prints: the verdict, then the figures that it rests on."""
    peak = verdict.checks[0]
    lines = [_headline(verdict, now), ""]
    lines += [f"  {name:<13} {text}" for name, text in _facts(budget, verdict, peak, now)]
    lines += ["", *_broken(budget, verdict, now)] if not verdict.passed else []
    lines += ["", *_stages(before, now, verdict.measure)]
    lines += ["", *_growth(budget, before, now)]
    lines += [f"  {what}" for what in unseen(budget, now)]
    return "\n".join(lines)


def summary(budget: Budget, verdict: Verdict, now: Profile, before: Profile | None) -> str:
    """The same in Markdown."""
    facts = _facts(budget, verdict, verdict.checks[0], now)
    listed = [f"- {name or 'and'}: {text}" for name, text in facts]
    broken = [f"- {line}" for line in _broken(budget, verdict, now)]
    listed += [f"- not measured alike: {what}" for what in (unlike(before, now) if before else ())]
    listed += [f"- {what}" for what in unseen(budget, now)]
    table = markdown(before, now, verdict.measure)
    return "\n".join([f"### {_headline(verdict, now)}", "", *broken, *listed, "", table, ""])


def as_json(
    budget: Budget, verdict: Verdict, now: Profile, before: Profile | None
) -> dict[str, object]:
    """Names and amounts in MiB, for a program."""
    return {
        "schema": 1,
        "passed": verdict.passed,
        "measure": verdict.measure,
        "limit_mib": budget.limit_mib,
        "died": now.died,
        "checks": [{**asdict(c), "where": budget.where(c.key)} for c in verdict.checks],
        "causes": [asdict(cause) for cause in causes(now)[:_CAUSES]],
        "unseen": list(unseen(budget, now)),
        "unlike": unlike(before, now) if before else None,
        "grown": [asdict(cause) for cause in grown(before, now)] if before else None,
        "stages": [
            {"stage": name, "before_mib": old, "now_mib": new}
            for name, old, new in stage_rows(before, now, verdict.measure)
        ],
    }


def _headline(verdict: Verdict, now: Profile) -> str:
    died = death_line(now)
    if died:
        return f"Memory budget exceeded: {died}"
    failed = [check for check in verdict.checks if check.failed]
    over = [check for check in failed if check.status is Status.OVER]
    if over:
        worst = max(over, key=lambda check: check.over_mib)
        if not worst.allowed_mib:
            return f"Memory budget exceeded: {worst.name}, which must not be there"
        return f"Memory budget exceeded: {worst.name} by {format_mib(worst.over_mib)}"
    if failed:
        return f"Memory budget not checked: {failed[0].name} was not measured"
    warned = verdict.checks[0].status is Status.WARN
    return "Within the memory budget, with little left" if warned else "Within the memory budget"


def _facts(
    budget: Budget, verdict: Verdict, peak: Check, now: Profile
) -> Iterator[tuple[str, str]]:
    yield (
        "limit",
        (
            f"{format_mib(budget.limit_mib)}; fails above {budget.fail:.0%}, {format_mib(budget.fail_mib)};"
            f" warns above {format_mib(budget.warn_mib)}"
        ),
    )
    beside = [_figure("RSS", now.peak.get("rss_mib"))] if verdict.measure != "rss_mib" else []
    beside += [_figure("cgroup's raw peak", now.peak.get("cgroup_peak_mib"))]
    yield (
        "actual",
        (
            f"{format_mib(peak.actual_mib or 0.0)} of {MEASURES[verdict.measure]} at the peak"
            f" ({', '.join(beside)})"
        ),
    )
    yield "margin", format_mib(-peak.over_mib)
    for number, cause in enumerate(causes(now)[:_CAUSES] or ["not measured"], 1):
        yield "top causes" if number == 1 else "", str(cause)
    yield "how measured", _how(now)


def _how(now: Profile) -> str:
    inside = "no limit" if now.limit_mib is None else format_mib(now.limit_mib)
    asked = now.requests.get("sent", "no")
    unsure = ["unstable: the runs lie more than 10 % apart"] if now.unstable else []
    parts = [
        f"{now.runs} fresh {'process' if now.runs == 1 else 'processes'} inside {inside} ({now.enforcement})",
        f"{asked} requests",
        f"Python {now.versions.get('python', 'of an unknown version')}",
    ]
    return ", ".join([*parts, *unsure])


def _broken(budget: Budget, verdict: Verdict, now: Profile) -> Iterator[str]:
    for check in verdict.checks:
        if check.status is Status.DIED:
            yield (
                f"{budget.where(check.key)}: {death_line(now)}. All figures are those without a limit:"
                " reduce them, or raise `limit` there."
            )
        elif check.status is Status.NOT_MEASURED:
            yield f"{budget.where(check.key)}: {check.name} was not measured"
        elif check.failed and not check.allowed_mib:
            yield (
                f"{budget.where(check.key)}: {check.name} must not be there, and takes"
                f" {format_mib(check.actual_mib or 0.0)}. Remove what brings it in, or raise"
                f" `{check.key.partition('.')[2]}` there."
            )
        elif check.failed:
            yield (
                f"{budget.where(check.key)}: {check.name} is {format_mib(check.actual_mib or 0.0)},"
                f" allowed are {format_mib(check.allowed_mib)}: over by {format_mib(check.over_mib)}."
                f" Reduce it, or raise `{check.key.partition('.')[2]}` there."
            )


def _stages(before: Profile | None, now: Profile, measure: str) -> Iterator[str]:
    rows = stage_rows(before, now, measure)
    if before is None:
        yield f"  {'stage':<14}{'now':>10}, MiB of {MEASURES[measure]}"
        yield from (
            f"  {name:<14}{'-' if new is None else f'{new:.1f}':>10}" for name, _, new in rows
        )
        return
    yield f"  {'stage':<14}{'before':>10}{'now':>10}  change, MiB of {MEASURES[measure]}"
    for name, old, new in rows:
        cells = ["-" if mib is None else f"{mib:.1f}" for mib in (old, new)]
        yield f"  {name:<14}{cells[0]:>10}{cells[1]:>10}  {change(old, new)}"


def _growth(budget: Budget, before: Profile | None, now: Profile) -> Iterator[str]:
    if before is None:
        where = f" ({budget.baseline})" if budget.baseline else ""
        named = "" if budget.baseline else f"Name its file as `baseline` in {budget.file}. "
        yield (
            f"  no baseline{where}: growth was not judged. {named}Write it with --update-baseline."
        )
        return
    yield from (f"  not measured alike: {what}" for what in unlike(before, now))
    more = grown(before, now)
    if more:
        yield "  grown: " + "; ".join(map(str, more[:_CAUSES]))
    else:
        yield "  no package takes more than in the baseline"


def _figure(name: str, figure: Figure | None) -> str:
    return f"{name} {format_mib(figure.median)}" if figure else f"{name} not measured"
