"""Before and now, stage by stage, in Markdown: for a pull request or a job summary."""

from __future__ import annotations

from tools.profile.gate.judge import MEASURES
from tools.profile.result import STAGES, Figure, Figures, Profile

# As the noise of one run against the next: a change within both spreads is none.
_NO_CHANGE_MIB = 0.05


def stage_rows(
    before: Profile | None, now: Profile, measure: str
) -> list[tuple[str, float | None, float | None]]:
    """(stage, before, now) in MiB, in the order in which they end now, the peak last."""
    ended = [stage.name for stage in now.stages]
    gone = [name for name in STAGES if name not in ended]
    names = [*ended, *gone]
    rows = [(name, _of(before, name, measure), _of(now, name, measure)) for name in names]
    peak = ("peak", _median(before.peak, measure) if before else None, _median(now.peak, measure))
    return [row for row in [*rows, peak] if row[1] is not None or row[2] is not None]


def markdown(before: Profile | None, now: Profile, measure: str) -> str:
    """The table `| stage | before | now | change |`; `| stage | now |` where there is no baseline."""
    below = f"MiB of {MEASURES[measure]} at the end of each stage."
    if before is None:
        now_only = [f"| {name} | {_cell(new)} |" for name, _, new in stage_rows(None, now, measure)]
        return "\n".join(["| stage | now |", "| --- | ---: |", *now_only, "", below])
    head = ["| stage | before | now | change |", "| --- | ---: | ---: | ---: |"]
    rows = [
        f"| {name} | {_cell(old)} | {_cell(new)} | {change(old, new)} |"
        for name, old, new in stage_rows(before, now, measure)
    ]
    return "\n".join([*head, *rows, "", below])


def change(before: float | None, now: float | None) -> str:
    """ "+3.2 (+1.9 %)"; a dash where one of them was not measured."""
    if before is None or now is None:
        return "-"
    more = now - before
    if abs(more) < _NO_CHANGE_MIB:
        return "0.0"
    share = f" ({more / before:+.1%})".replace("%", " %") if before else ""
    return f"{more:+.1f}{share}"


def _cell(mib: float | None) -> str:
    return "-" if mib is None else f"{mib:.1f}"


def _of(profile: Profile | None, stage: str, measure: str) -> float | None:
    found = profile.stage(stage) if profile else None
    return _median(found.figures, measure) if found else None


def _median(figures: Figures, name: str) -> float | None:
    figure = figures.get(name)
    return figure.median if isinstance(figure, Figure) else None
