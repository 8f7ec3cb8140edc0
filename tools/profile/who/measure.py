"""Who uses the memory of one app: two more runs of it, one with the import hook, one under memray."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tools.limits import Limited, procfs
from tools.profile.who.allocations import Allocations, read_allocations
from tools.profile.who.inject import injected
from tools.profile.who.ladder import Ladder, read_ladder
from tools.profile.who.mapped import Mappings, read_mapped
from tools.profile.who.memray_run import NotTracked, recorded, tracked, write_flame_graph

# Runs the app once with an environment: waits until it is ready, asks it, calls the function while
# it still runs, and stops it. Returns the time.time() at which each stage ended.
Session = Callable[[Mapping[str, str], Callable[[Limited], None]], Mapping[str, float]]

_IMPORT_HOOK = Path(__file__).with_name("import_hook.py")
FLAME_GRAPH = "profile-memray.html"
"""Name of the flame graph, beside the report."""


def measure_who(
    session: Session, environment: Mapping[str, str], folder: Path, reports: Path | None
) -> dict[str, Any]:
    """The `who` of a profile: `imports`, `mapped` and `allocations`, None for what was not measured.

    `folder` has the app's own code; the flame graph is written into `reports`. Why something was not
    measured stands in `not_measured`. Raises CommandError when the app does not run.
    """
    missing: list[str] = []
    ladder, mapped, rss_mib = _imports(session, environment, folder)
    if ladder is None:
        missing.append(
            "import ladder: no Python of the command read PYTHONPATH, or there is no /proc"
        )
    known = [rung.package for rung in ladder.rungs] if ladder else []
    allocations = None
    try:
        allocations = _allocations(session, environment, folder, known, reports)
    except NotTracked as reason:
        missing.append(f"allocations: {reason}")
    return {
        "imports": asdict(ladder) if ladder else None,
        "mapped": asdict(mapped) if mapped else None,
        "rss_mib": rss_mib,
        "allocations": asdict(allocations) if allocations else None,
        "flame_graph": FLAME_GRAPH if allocations and reports else None,
        "not_measured": missing,
    }


def _imports(
    session: Session, environment: Mapping[str, str], folder: Path
) -> tuple[Ladder | None, Mappings | None, float | None]:
    """The ladder, and what is mapped and held at the end of the same run."""
    seen: list[tuple[Mappings | None, float | None]] = []

    def look(app: Limited) -> None:
        seen.append((read_mapped(procfs.tree(app.pid), str(folder)), app.read().rss_mib))

    with injected(_IMPORT_HOOK, environment) as run:
        session(run.environment, look)
        return read_ladder(run.out), *seen[0]


def _allocations(
    session: Session,
    environment: Mapping[str, str],
    folder: Path,
    known: list[str],
    reports: Path | None,
) -> Allocations:
    with tracked(environment) as run:
        stages = session(run.environment, lambda app: None)
        found, file = read_allocations(recorded(run.out), str(folder), stages, known)
        if reports:
            write_flame_graph(file, reports / FLAME_GRAPH)
        return found
