"""Bounded structures that our service reports: gauges named fit512_*_bytes on /metrics.

Another app's gauge that grows may be the leak itself.
"""

from __future__ import annotations

import http.client
import re

from tools.profile.ports import Address

_GAUGE = re.compile(r"^(fit512_[\w:]*_bytes)(?:\{[^}]*\})? ([-+.\deE]+)$", re.MULTILINE)
# The process's own memory, which is what is to be explained.
_NOT_STRUCTURES = (
    "fit512_rss",
    "fit512_anonymous",
    "fit512_mapped",
    "fit512_cgroup",
)


def structures(address: Address, timeout_s: float = 10.0) -> dict[str, float]:
    """Name -> bytes; {} where there are no metrics."""
    return parse(metrics(address, timeout_s))


def metrics(address: Address, timeout_s: float = 10.0) -> str:
    """What the app answers on /metrics; "" where there are none."""
    connection = http.client.HTTPConnection(address.host, address.port, timeout=timeout_s)
    try:
        connection.request("GET", "/metrics")
        response = connection.getresponse()
        text = response.read().decode("utf-8", "replace")
    except (OSError, http.client.HTTPException):
        return ""
    finally:
        connection.close()
    return text if response.status == 200 else ""


def parse(text: str) -> dict[str, float]:
    """The gauges in Prometheus's text format; those of several label sets are summed up."""
    found: dict[str, float] = {}
    for name, value in _GAUGE.findall(text):
        if not name.startswith(_NOT_STRUCTURES):
            found[name] = found.get(name, 0.0) + float(value)
    return found
