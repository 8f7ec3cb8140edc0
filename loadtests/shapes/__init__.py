"""How the load goes over time: one shape, one file. Their names are what `--shape` takes."""

from __future__ import annotations

from loadtests.plan import plan
from loadtests.shapes.base import Shape
from loadtests.shapes.ramp import Ramp
from loadtests.shapes.sessions import Sessions
from loadtests.shapes.smoke import Smoke
from loadtests.shapes.soak import Soak
from loadtests.shapes.spike import Spike
from loadtests.shapes.steady import Steady

SHAPES: dict[str, type[Shape]] = {
    "ramp": Ramp,
    "sessions": Sessions,
    "smoke": Smoke,
    "soak": Soak,
    "spike": Spike,
    "steady": Steady,
}


def choose(name: str) -> type[Shape] | None:
    """The shape of that name; None for "", which leaves it to Locust. Raises CommandError."""
    if not name:
        return None
    plan(name)
    return SHAPES[name]
