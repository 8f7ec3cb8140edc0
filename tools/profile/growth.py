"""A long load in one process: how its memory grows, and which bounded structures explain it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from tools.limits import Reading
from tools.limits.free_port import free_port
from tools.profile.client import Visitor, repeat, visitors
from tools.profile.passing import ask_load, await_door
from tools.profile.plan import Plan
from tools.profile.ports import Address
from tools.profile.ready import Ended, check_alive
from tools.profile.slope import Slope, slope
from tools.profile.started import Started, started
from tools.profile.structures import structures

POINTS = 40
WARM_UP = 0.25  # of the requests: caches fill, arenas take their shape
_KIB_PER_MIB = 1024.0
# A heap that settles still takes a page now and then: apps that keep nothing were seen at 34.
LEAST_KIB = 100.0  # per thousand requests, which is a tenth of a KiB for each


@dataclass(frozen=True)
class Growth:
    """Slopes in KiB per thousand requests. `points` are (requests so far, MiB), warm-up included."""

    figure: str  # what grows: anonymous memory, or RSS where that is not told apart
    slope: Slope
    explained: Mapping[str, float]
    points: Sequence[tuple[int, float]]
    first: int  # of the points, after the warm-up

    @property
    def unexplained(self) -> Slope:
        """The slope without the growth of structures that have a bound."""
        known = sum(self.explained.values())
        return Slope(self.slope.per_unit - known, self.slope.low - known, self.slope.high - known)

    @property
    def verdict(self) -> str:
        """Undecided while structures fill, whose overhead grows too, while the growth dies down, and
        where it is so little that an app which keeps nothing may show it."""
        if not self.unexplained.grows:
            return "no leak seen"
        filling = sum(self.explained.values()) >= self.unexplained.per_unit
        little = self.unexplained.per_unit < LEAST_KIB
        return "undecided" if filling or little or self._flattens() else "leaks"

    def _flattens(self) -> bool:
        """Whether the second half grows less than half as fast as the first: a leak goes on."""
        points = self.points[self.first :]
        middle = len(points) // 2
        first, second = (
            slope([float(n) for n, _ in half], [mib for _, mib in half]).per_unit
            for half in (points[:middle], points[middle:])
        )
        return second < first / 2

    def as_json(self) -> dict[str, Any]:
        return {
            "figure": self.figure,
            "kib_per_1000": asdict(self.slope),
            "explained_kib_per_1000": dict(self.explained),
            "unexplained_kib_per_1000": self.unexplained.per_unit,
            "verdict": self.verdict,
            "requests": self.points[-1][0] - self.points[self.first][0],
            "warm_up": self.points[self.first][0],
            "points": [list(point) for point in self.points],
        }


def measure_growth(plan: Plan, limit_mib: float | None) -> Growth:
    """Ask in 40 portions and read the memory after each. Raises Ended, CommandError."""
    port = free_port()
    folders = plan.subject.data_folders()
    with started(plan.subject, port, plan.upstream, limit_mib, folders) as run:
        deadline_s = run.app.started_s + plan.effort.ready_within_s
        door = await_door(run, plan.door_at(port), deadline_s)
        # The same visitors throughout: their conversations reach their bound in the warm-up.
        with visitors(door.address, plan.effort.at_a_time, plan.effort.answer_within_s) as asking:
            return _ask_in_portions(plan, run, asking, door.address)


def _ask_in_portions(
    plan: Plan, run: Started, asking: Sequence[Visitor], address: Address
) -> Growth:
    portion = max(plan.effort.requests // POINTS, 1)
    requests = repeat(plan.asked.requests, portion * POINTS)
    first = int(POINTS * WARM_UP)
    readings: list[tuple[int, Reading]] = []
    before: Mapping[str, float] = {}
    for number in range(1, POINTS + 1):
        asked = requests[(number - 1) * portion : number * portion]
        load = ask_load(run, asking, asked, plan.effort)
        check_alive(run.app, "load")
        if load.answered < load.asked:
            raise Ended("load", f"{load.answered} of {load.asked} requests were answered")
        readings.append((number * portion, run.app.read()))
        if number == first + 1:
            before = structures(address)
    return _growth(readings, first, before, structures(address))


def _growth(
    readings: Sequence[tuple[int, Reading]],
    first: int,
    before: Mapping[str, float],
    after: Mapping[str, float],
) -> Growth:
    known = all(reading.anonymous_mib is not None for _, reading in readings)
    points = [(n, (r.anonymous_mib if known else r.rss_mib) or 0.0) for n, r in readings]
    asked = points[-1][0] - points[first][0]
    line = slope([n / 1000 for n, _ in points[first:]], [mib for _, mib in points[first:]])
    explained = {
        name: (after[name] - bytes_before) / 1024 / asked * 1000
        for name, bytes_before in before.items()
        if after.get(name, 0.0) > bytes_before
    }
    figure = "anonymous memory" if known else "RSS"
    return Growth(figure, line.scaled(_KIB_PER_MIB), explained, points, first)
