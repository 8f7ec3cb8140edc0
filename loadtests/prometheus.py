"""Memory and restarts from a service's GET /metrics.

https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
"""

from __future__ import annotations

import http.client
import urllib.error
import urllib.request
from collections.abc import Mapping

from tools.limits.units import MIB

_TIMEOUT_S = 3.0
# Figure -> the samples that tell it, the better one first: ours, then prometheus-client's own.
_MEMORY = {
    "working_set_mib": ("fit512_cgroup_working_set_bytes",),
    "rss_mib": ("fit512_rss_bytes", "process_resident_memory_bytes"),
    "anonymous_mib": ("fit512_anonymous_bytes",),
    "limit_mib": ("fit512_cgroup_limit_bytes",),
}
# What our service keeps on purpose, each within a bound of its own.
_KEPT = ("fit512_sessions_bytes", "fit512_cache_bytes")
_STARTED = "process_start_time_seconds"
_COUNTER = "fit512_requests_total"


def fetch(host: str) -> dict[str, float]:
    """The samples of `host`/metrics, labels summed up; {} when there are none to be had."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(host.rstrip("/") + "/metrics", timeout=_TIMEOUT_S) as response:
            return parse(response.read().decode("utf-8", "replace"))
    except (OSError, urllib.error.URLError, http.client.HTTPException):
        return {}


def parse(text: str) -> dict[str, float]:
    """Sample -> value; the values of all its labels together."""
    found: dict[str, float] = {}
    for line in text.splitlines():
        words = line.partition("{")[0].split() if "{" in line else line.split()
        value = line.rpartition("}")[2].split() if "{" in line else words[1:]
        if not line.startswith("#") and words and value:
            try:
                found[words[0]] = found.get(words[0], 0.0) + float(value[0])
            except ValueError:  # no exposition format: an HTML page, for example
                return {}
    return found


def memory(samples: Mapping[str, float]) -> dict[str, float]:
    """The memory figures among the samples, in MiB."""
    return {
        figure: samples[name] / MIB
        for figure, names in _MEMORY.items()
        for name in names[::-1]
        if name in samples
    }


def kept_mib(samples: Mapping[str, float]) -> float | None:
    """What sessions and cached answers take by the service's own count; None where nothing tells."""
    told = [samples[name] for name in _KEPT if name in samples]
    return sum(told) / MIB if told else None


def restarted(before: Mapping[str, float], now: Mapping[str, float]) -> bool:
    """Whether it is another process than before: it started later, or has counted fewer requests."""
    if _STARTED in before and _STARTED in now:
        return now[_STARTED] > before[_STARTED] + 1
    return now.get(_COUNTER, 0.0) < before.get(_COUNTER, 0.0)


def tells_restarts(samples: Mapping[str, float]) -> bool:
    return _STARTED in samples or _COUNTER in samples
