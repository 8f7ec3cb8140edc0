"""The server's memory once a second, from its cgroup or, for a remote host, from its /metrics."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from loadtests import prometheus
from tools.limits import Limited

INTERVAL_S = 1.0


@dataclass(frozen=True, slots=True)
class Sample:
    """Memory in MiB at a time of time.time(); None = cannot be told."""

    at_s: float
    working_set_mib: float | None = None
    rss_mib: float | None = None
    anonymous_mib: float | None = None
    kept_mib: float | None = None  # of it, sessions and cached answers, by the service's own count


@dataclass(frozen=True, slots=True)
class Peak:
    """The highest of all, in MiB; what was seen of kills and restarts, None where it cannot be."""

    working_set_mib: float | None = None
    rss_mib: float | None = None
    anonymous_mib: float | None = None
    oom_kills: int | None = None
    restarts: int | None = None
    limit_mib: float | None = None


class Source(Protocol):
    """Where memory is read. `how` says it in the report."""

    how: str

    def sample(self) -> Sample | None: ...

    def peak(self) -> Peak: ...


class OfLimited:
    """A service that we started: its process tree and its cgroup; what it keeps, by its /metrics."""

    def __init__(self, app: Limited, host: str, limit_mib: float | None) -> None:
        self._app, self._host, self._limit_mib = app, host, limit_mib
        self._tells: bool | None = None
        self.how = f"the process tree and its cgroup ({app.enforcement})"

    def sample(self) -> Sample | None:
        reading = self._app.read()
        if not reading.processes:
            return None
        found = (reading.working_set_mib, reading.rss_mib, reading.anonymous_mib)
        return Sample(time.time(), *found, self._kept_mib())

    def _kept_mib(self) -> float | None:
        """A service that tells nothing at first, while it has nothing to do, is not asked again."""
        if self._tells is False:
            return None
        found = prometheus.kept_mib(prometheus.fetch(self._host))
        if self._tells is None:
            self._tells = found is not None
        return found

    def peak(self) -> Peak:
        highest = self._app.peak()
        return Peak(
            highest.working_set_mib,
            highest.rss_mib,
            highest.anonymous_mib,
            self._app.oom_kills,
            0 if self._app.poll() is None else None,
            self._limit_mib,
        )


class OfMetrics:
    """A service that somebody else runs: what its /metrics tells, with one instance behind the host."""

    how = "GET /metrics"

    def __init__(self, host: str, limit_mib: float | None) -> None:
        self._host, self._limit_mib = host, limit_mib
        self._before: dict[str, float] = {}
        self._samples: list[Sample] = []
        self._restarts = 0

    def sample(self) -> Sample | None:
        samples = prometheus.fetch(self._host)
        if not samples:
            return None
        self._restarts += prometheus.restarted(self._before, samples)
        self._before = samples
        found = prometheus.memory(samples)
        self._limit_mib = self._limit_mib or found.pop("limit_mib", None)
        found.pop("limit_mib", None)
        kept_mib = prometheus.kept_mib(samples)
        sample = Sample(time.time(), **found, kept_mib=kept_mib) if found else None
        self._samples += [sample] if sample else []
        return sample

    def peak(self) -> Peak:
        figures = ("working_set_mib", "rss_mib", "anonymous_mib")
        highest = {name: _highest([getattr(s, name) for s in self._samples]) for name in figures}
        told = prometheus.tells_restarts(self._before)
        # Who is killed for memory starts anew; why somebody started anew cannot be told from here.
        kills = 0 if told and not self._restarts else None
        return Peak(
            **highest,
            oom_kills=kills,
            restarts=self._restarts if told else None,
            limit_mib=self._limit_mib,
        )


class Sampler:
    """A thread that reads the source once a second between `with` and its end."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.samples: list[Sample] = []
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run, name="loadtests-memory", daemon=True)

    def __enter__(self) -> Sequence[Sample]:
        self._thread.start()
        return self.samples

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _run(self) -> None:
        while True:
            sample = self._source.sample()
            self.samples += [sample] if sample else []
            if self._done.wait(INTERVAL_S):
                return


def _highest(values: Sequence[float | None]) -> float | None:
    return max((value for value in values if value is not None), default=None)
