"""A look at an app, which finds how to measure it; and one measured run."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from pathlib import Path

from tools.limits import Limited, Reading, evict, guard, launch, procfs
from tools.limits.content import content_sha256
from tools.limits.free_port import free_port
from tools.limits.memory import as_peak, highest
from tools.profile.asked import Asked, find_requests
from tools.profile.client import Load
from tools.profile.interpreter import versions
from tools.profile.marks import Mark
from tools.profile.passing import pass_through
from tools.profile.plan import Effort, Plan
from tools.profile.ports import Address
from tools.profile.probe import Probe
from tools.profile.ready import Ended, await_listening, check_alive, find_door
from tools.profile.started import Started, started
from tools.profile.subject import Subject

_HOST = "127.0.0.1"


@dataclass(frozen=True)
class Run:
    """One run, as far as it got; `ended` says why it got no further."""

    stages: Mapping[str, Mark]
    peak: Reading
    timeline: Sequence[tuple[float, Reading]]
    load: Load | None
    sources: frozenset[Path]
    enforcement: str
    warning: str | None
    missed: str | None  # what could not be seen of opened files
    kept_mib: float | None  # of its files stayed in the page cache
    ended: Ended | None
    output: str
    processes: Sequence[procfs.Held] = ()  # after the load
    restless: bool = False  # its processes never came to rest

    @property
    def ready_ms(self) -> float | None:
        mark = self.stages.get("ready")
        return mark.at_ms if mark else None


def look(
    subject: Subject,
    effort: Effort,
    upstream: str | None,
    asked: Asked | None,
    health: str | None,
) -> Plan:
    """Start the app once without a limit and find out how to measure it. Raises Ended.

    It is also the run that writes byte code, which would not be fair to measure.
    """
    port = free_port()
    watched = subject.data_folders()
    with started(subject, port, upstream, None, watched) as run:
        try:
            deadline_s = time.monotonic() + effort.ready_within_s
            address = await_listening(run.app, Address(_HOST, port), deadline_s)
            door = find_door(run.app, address, health, deadline_s)
            probe = Probe(address, effort.answer_within_s)
            found = asked or find_requests(probe.accepts, door.health_path, effort.requests)
            check_alive(run.app, "first_request")
            subject = subject.run_by(run.app.pids())
        except Ended as ended:
            run.app.stop(0.0)
            ended.output = run.output.text()
            raise
        marks = run.marks
        return Plan(
            subject=subject,
            effort=effort,
            upstream=upstream,
            door=door,
            takes_port=address.port == port,
            asked=found,
            cold=subject.cold(marks.data),
            sources=frozenset(marks.sources),
            data=dict(marks.data),
            versions=versions(subject),
        )


def measure(plan: Plan, limit_mib: float | None) -> Run:
    """One fresh process on a cold cache: its start, its first request, its load, its rest."""
    kept_mib = evict(plan.cold).kept_mib
    port = free_port()
    door = plan.door_at(port)
    watched = plan.subject.data_folders()
    with started(plan.subject, port, plan.upstream, limit_mib, watched) as run:
        load, ended = None, None
        processes: Sequence[procfs.Held] = ()
        try:
            load = pass_through(run, door, plan)
            processes = _processes(run.app)
        except Ended as reason:
            ended = reason
        stages = run.marks.stages()
        marked = [as_peak(mark.reading) for mark in stages.values()]
        peak = reduce(highest, marked, run.app.peak())
        ended_s = time.monotonic()  # what is read while it is being ended is no part of the run
        killed = run.app.oom_killed
    if killed and (ended is None or not ended.killed):
        ended = Ended(ended.stage if ended else "load", "killed for memory", killed=True)
    return Run(
        stages=stages,
        peak=peak,
        timeline=_timeline(run, stages, ended_s),
        load=load,
        sources=frozenset(run.marks.sources),
        enforcement=str(run.app.enforcement),
        warning=run.app.warning,
        missed=run.opened.missed,
        kept_mib=kept_mib,
        ended=ended,
        output=run.output.text(),
        processes=processes,
        restless=run.marks.restless,
    )


def _timeline(
    run: Started, stages: Mapping[str, Mark], ended_s: float
) -> list[tuple[float, Reading]]:
    """What was seen while it ran, at the ends of the stages too."""
    seen = run.timeline.between(run.app.started_s, ended_s)
    seen += [(mark.at_ms, mark.reading) for mark in stages.values()]
    return sorted(seen, key=lambda sample: sample[0])


def _processes(app: Limited) -> list[procfs.Held]:
    """What each holds, the largest first; [] without /proc."""
    found = [procfs.held(pid, pages=True) for pid in app.pids()] if procfs.AVAILABLE else []
    return sorted(filter(None, found), key=lambda held: -(held.uss or held.rss))


def content(plan: Plan, runs: Sequence[Run]) -> dict[str, object] | None:
    """The app's own source: what every run opened below its folder, with the manifest, hashed."""
    folder = plan.subject.folder
    common = plan.sources.intersection(*(run.sources for run in runs))
    # Those two are run by the harness, beside the app.
    common -= {Path(guard.__file__), Path(launch.__file__)}
    own = {path.relative_to(folder) for path in common if path.is_relative_to(folder)}
    paths = sorted({path.parts[0] for path in own if "__pycache__" not in path.parts[:1]})
    manifest = plan.subject.manifest()
    paths += [manifest] if manifest else []
    if not own:
        return None
    return {"paths": paths, "sha256": content_sha256(folder, paths)}
