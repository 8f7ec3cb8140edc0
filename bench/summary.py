"""Several runs as one figure: the median, with the spread beside it."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

# Above this share of the median, a figure is called unstable.
UNSTABLE = 0.10


def summarize(runs: Sequence[Mapping[str, float | None]]) -> dict[str, dict[str, Any]]:
    """Name -> median, min, max and values of what each run measured.

    `unstable` where the values lie further apart than a tenth of the median; a figure that one run
    could not measure is None throughout: nothing is guessed.
    """
    return {name: _figure([run[name] for run in runs]) for name in runs[0]}


def _figure(values: Sequence[float | None]) -> dict[str, Any]:
    known = [round(value, 3) for value in values if value is not None]
    if len(known) < len(values):
        return {"median": None, "values": list(values)}
    median = statistics.median(known)
    return {
        "median": round(median, 3),
        "min": min(known),
        "max": max(known),
        "unstable": max(known) - min(known) > UNSTABLE * abs(median),
        "values": known,
    }
