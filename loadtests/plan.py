"""The shapes and visitors by name, for those who must not import Locust: it patches every socket and thread."""

from __future__ import annotations

from dataclasses import dataclass

from vectorstore.commandline import CommandError


@dataclass(frozen=True)
class Plan:
    """`constant`: one rate from beginning to end, so that what was held of it means something."""

    about: str
    duration_s: float
    constant: bool = False
    users: str = ""  # none: the usual mix


VISITORS = ("conversation", "faq", "passer_by", "returning", "streaming", "unfriendly")
PLANS = {
    "ramp": Plan("more and more until a threshold breaks; tells the highest rate held", 1800),
    "sessions": Plan(
        "distinct sessions, one question each, 10,000 of them", 3600, users="passer_by"
    ),
    "smoke": Plan("half a minute of everything, for CI", 30, constant=True),
    "soak": Plan("one rate for an hour: what grows shows here", 3600, constant=True),
    "spike": Plan("ten times as many visitors in the middle third", 180),
    "steady": Plan("one rate for five minutes", 300, constant=True),
}


def plan(shape: str) -> Plan:
    """Raises CommandError for a name that is none of ours."""
    if shape not in PLANS:
        raise CommandError(f"there is no shape {shape!r}. Choose {', '.join(PLANS)}.")
    return PLANS[shape]


def check_visitors(names: str) -> None:
    """Raises CommandError for a name, of those separated by commas, that is none of ours."""
    for name in filter(None, (name.strip() for name in names.split(","))):
        if name not in VISITORS:
            raise CommandError(f"there is no user {name!r}. Choose {', '.join(VISITORS)}.")
