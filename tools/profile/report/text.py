"""The report in Markdown: the same tables, for a pull request or a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from tools.profile.gate.judge import measure_of
from tools.profile.gate.table import markdown as stage_table
from tools.profile.report.bars import bars, rungs
from tools.profile.report.view import view
from tools.profile.result import Profile


def markdown(profile: Profile, before: Profile | None = None) -> str:
    """Raises CommandError when nothing was measured."""
    return "\n".join(_lines(profile, before)) + "\n"


def _lines(profile: Profile, before: Profile | None) -> Iterator[str]:
    shown = view(profile, before)
    yield f"# Memory of `{shown['command']}`"
    yield ""
    yield shown["how"]
    yield ""
    yield from (f"- {name}: {value} {beside}" for name, value, beside in shown["facts"])
    yield from ("", "## Stages", "", stage_table(before, profile, measure_of(profile)), "")
    seen = [f"{stage.name} by {stage.seen}" for stage in profile.stages if stage.seen]
    yield from ([f"The ends were seen: {'; '.join(seen)}.", ""] if seen else [])
    if before:
        grown = "; ".join(shown["grown"])
        yield from (f"Grown: {grown}." if grown else "No package takes more than before.", "")
    yield from ("## Who", "")
    for bar in bars(profile):
        yield from (f"**{bar.title}: {bar.total_mib:.1f} MiB.** {bar.note}", "")
        yield ", ".join(f"{part.name} {part.mib:.1f}" for part in bar.parts)
        yield ""
    yield from _ladder(profile)
    yield from (f"- {doubt}" for doubt in shown["doubts"])


def _ladder(profile: Profile) -> Iterator[str]:
    found = rungs(profile)
    if not found:
        return
    yield "| package | own MiB | with all | own ms | pulled in by |"
    yield "| --- | ---: | ---: | ---: | --- |"
    for rung in found:
        yield (
            f"| {rung['package']} | {rung['own_mib']:.1f} | {rung['total_mib']:.1f} |"
            f" {rung['own_ms']:.0f} | {rung['by']} |"
        )
    yield ""
