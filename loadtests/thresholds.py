"""Thresholds as k6's users know them, from TOML: what must hold, by shape.

[all]
peak_memory = "<= 90 %"
[steady]
p95 = "< 400 ms"
"""

from __future__ import annotations

import operator
import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from vectorstore.commandline import CommandError

# Metric -> the unit that its limits are in, and its name in the verdict.
METRICS = {
    "peak_memory": ("%", "peak memory of the limit"),
    "memory_slope": ("MiB/h", "memory slope"),
    "memory_slope_net": ("MiB/h", "memory slope beside what is kept"),
    "memory_per_request": ("KiB", "memory kept per request"),
    "p50": ("ms", "p50"),
    "p95": ("ms", "p95"),
    "p99": ("ms", "p99"),
    "first_token_p95": ("ms", "first token, p95"),
    "error_rate": ("%", "error rate"),
    "wrong_refusals": ("", "unfriendly requests answered wrongly"),
    "request_rate": ("/s", "questions answered"),
    "rate_held": ("%", "of the intended rate"),
    "rate_reached": ("/s", "highest rate held"),
    "restarts": ("", "restarts"),
    "oom_kills": ("", "kills for memory"),
}
ALL = "all"
_SIGNS: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    "==": operator.eq,
    ">=": operator.ge,
    ">": operator.gt,
}
_FORM = re.compile(r"(<=|>=|==|<|>)\s*(\d+(?:\.\d+)?)\s*(\S*)")


@dataclass(frozen=True)
class Threshold:
    """A metric and what it must be."""

    metric: str
    sign: str
    limit: float

    @property
    def unit(self) -> str:
        return METRICS[self.metric][0]

    @property
    def text(self) -> str:
        """ "p95 < 400 ms"."""
        return f"{METRICS[self.metric][1]} {self.sign} {self.in_unit(self.limit)}"

    def holds(self, value: float | None) -> bool | None:
        """None when it was not measured, which is never a pass."""
        return None if value is None else _SIGNS[self.sign](value, self.limit)

    def broken_by(self, value: float | None) -> bool:
        return self.holds(value) is False

    def said(self, value: float | None) -> str:
        """What it was, beside what it should be."""
        return f"{METRICS[self.metric][1]} {self.in_unit(value)} (should be {self.sign} {self.in_unit(self.limit)})"

    def in_unit(self, value: float | None) -> str:
        if value is None:
            return "not measured"
        digits = 0 if float(value).is_integer() or abs(value) >= 1000 else 1
        return f"{value:,.{digits}f} {self.unit}".rstrip()


def read_thresholds(file: Path, shape: str) -> list[Threshold]:
    """Those of [all] with those of the shape, which win. Raises CommandError for what is not known."""
    try:
        tables = tomllib.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise CommandError(f"{file}: {error}.") from None
    found: dict[str, Threshold] = {}
    for name, table in tables.items():
        if not isinstance(table, dict):
            raise CommandError(
                f"{file}: {name} stands in no table; write [{ALL}] or a shape above it."
            )
        parsed = {
            metric: parse(metric, text, f"{file}, [{name}]") for metric, text in table.items()
        }
        if name in (ALL, shape):
            found = {**found, **parsed} if name == shape else {**parsed, **found}
    if not found:
        raise CommandError(
            f"{file}: has no threshold for {shape}; a run that cannot fail says nothing."
        )
    return sorted(found.values(), key=lambda one: list(METRICS).index(one.metric))


def parse(metric: str, text: object, where: str) -> Threshold:
    """The threshold in `p95 = "< 400 ms"`. Raises CommandError."""
    if metric not in METRICS:
        known = ", ".join(METRICS)
        raise CommandError(f"{where}: there is no metric {metric!r}. Choose {known}.")
    unit = METRICS[metric][0]
    match = _FORM.fullmatch(text.strip()) if isinstance(text, str) else None
    if not match or match[3] != unit:
        raise CommandError(
            f'{where}: {metric} = {text!r} is not of the form "<= 5 {unit}".'.replace(' ".', '".')
        )
    return Threshold(metric, match[1], float(match[2]))
