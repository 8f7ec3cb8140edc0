"""Who uses the memory of one app: two more runs of it, one with the import hook, one under memray."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from tools.limits import Limited, Reading
from tools.profile.plan import Plan
from tools.profile.ready import Ended
from tools.profile.reporters import say
from tools.profile.result import Profile
from tools.profile.who.allocations import Allocations, read_allocations
from tools.profile.who.inject import injected
from tools.profile.who.ladder import Incomplete, Ladder, read_ladder
from tools.profile.who.mapped import Mappings, read_mapped
from tools.profile.who.memray_run import NotTracked, recorded, tracked, write_flame_graph
from tools.profile.who.session import run_once

_MUCH = 0.10  # of RSS apart: a tenth
_IMPORT_HOOK = Path(__file__).with_name("import_hook.py")


def with_who(profile: Profile, plan: Plan, out: Path | None) -> Profile:
    """The profile with its `who`; the flame graph is written beside `out`."""
    say("asking whose memory it is: one run with the import hook, one under memray")
    who = measure_who(plan, out.with_name(f"{out.stem}-memray.html") if out else None)
    missing = (*profile.not_measured, *who["not_measured"], *told_apart(profile, who["rss_mib"]))
    return replace(profile, who=who, not_measured=missing)


def told_apart(profile: Profile, rss_mib: float | None) -> Iterator[str]:
    """What cannot be said of a run that did not come as far as those that were measured."""
    after = profile.stage("after")
    measured = after and after.figures.get("rss_mib")
    if measured and rss_mib and abs(rss_mib / measured.median - 1) > _MUCH:
        yield (
            f"whose all of it is: the run that was looked into held {rss_mib:.0f} MiB of RSS, those that"
            f" were measured {measured.median:.0f} after the load"
        )


def measure_who(plan: Plan, page: Path | None) -> dict[str, Any]:
    """The `who` of a profile: `imports`, `mapped` and `allocations`, None for what was not measured.

    The flame graph is written to `page`. Why something was not measured stands in `not_measured`.
    """
    missing: list[str] = []
    ladder, mapped, held, allocations = None, None, None, None
    try:
        ladder, mapped, held = _imports(plan, missing)
    except Ended as ended:
        missing.append(f"imports and mapped files: the app ended with the import hook ({ended})")
    known = [rung.package for rung in ladder.rungs] if ladder else []
    try:
        allocations = _allocations(plan, known, page, missing)
    except (Ended, NotTracked) as reason:
        missing.append(f"allocations: {reason}")
    return {
        "rss_mib": held.rss_mib if held else None,
        "processes": held.processes if held else None,
        "imports": asdict(ladder) if ladder else None,
        "mapped": asdict(mapped) if mapped else None,
        "allocations": asdict(allocations) if allocations else None,
        "flame_graph": page.name if page and page.is_file() else None,
        "not_measured": missing,
    }


def _imports(plan: Plan, missing: list[str]) -> tuple[Ladder | None, Mappings | None, Reading]:
    """The ladder, and what is mapped and held at the end of the same run."""
    seen: list[tuple[Mappings | None, Reading]] = []
    living: list[int] = []

    def look(app: Limited) -> None:
        pids = app.pids()
        living.extend(pids)
        seen.append((read_mapped(pids, str(plan.subject.folder)), app.read()))

    with injected(_IMPORT_HOOK, plan.subject.environment) as run:
        run_once(plan, run.variables, look)
        return _ladder(run.out, living, missing), *seen[0]


def _ladder(folder: Path, living: Sequence[int], missing: list[str]) -> Ladder | None:
    try:
        ladder = read_ladder(folder, living)
    except Incomplete as reason:
        missing.append(f"imports: {reason}")
        return None
    if ladder is None:
        missing.append("imports: no Python of the command read PYTHONPATH, or there is no /proc")
    return ladder


def _allocations(
    plan: Plan, known: list[str], page: Path | None, missing: list[str]
) -> Allocations:
    if page:
        page.unlink(missing_ok=True)  # of an earlier run
    with tracked(plan.subject.environment) as run:
        stages = run_once(plan, run.variables, lambda app: None)
        files = recorded(run.out)
        found, largest = read_allocations(files, str(plan.subject.folder), stages, known)
        if page:
            try:
                write_flame_graph(largest, page)
            except NotTracked as reason:
                missing.append(f"flame graph: {reason}")
        return found
