"""What a load is made of: read from LOADTEST_… variables, so that Locust alone and its workers have it.

LOADTEST_SHAPE=steady LOADTEST_RATE=20 locust -f loadtests/locustfile.py -H https://bot.example
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from vectorstore.commandline import CommandError

_FOLDER = Path(__file__).parent
_PREFIX = "LOADTEST_"
# Files in `out`: what ends the load, what has happened in each second, and what was counted.
STOP, HISTORY, STATISTICS = "stop", "history.jsonl", "statistics.json"


@dataclass(frozen=True)
class Options:
    """`rate` is in questions per second, over all visitors; 0 where `at_a_time` is set."""

    shape: str = ""  # none: Locust's own -u, -r and -t
    rate: float = 10.0
    interval_s: float = 2.0  # between the intended starts of one visitor's questions
    at_a_time: int = 0  # visitors who ask again as soon as they are answered, with no schedule
    duration_s: float = 0.0  # 0: as long as the shape takes by default
    most_users: int = 300  # at the height of a spike
    step: float = 5.0  # questions per second that each step of a ramp adds
    step_s: float = 15.0  # of a ramp
    sessions: int = 10_000
    users: str = ""  # names of loadtests/users, separated by commas; none: the shape's
    adapter: str = "fit512"
    questions: str = str(_FOLDER / "questions.txt")
    thresholds: str = str(_FOLDER / "thresholds.toml")
    seed: int = 0
    timeout_s: float = 60.0  # a visitor waits no longer than that for an answer
    out: str = ""  # folder for the history and the steps of a ramp; none: neither is kept

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Options:
        """The options with what the LOADTEST_… variables say. Raises CommandError."""
        known = {_PREFIX + field.name.upper(): field for field in fields(cls)}
        given: dict[str, Any] = {}
        for name in (name for name in environment if name.startswith(_PREFIX)):
            if name not in known:
                raise CommandError(f"there is no {name}. Known are {', '.join(known)}.")
            kind: type = type(known[name].default)
            try:
                given[known[name].name] = kind(environment[name])
            except ValueError:
                raise CommandError(f"{name}={environment[name]!r} is no {kind.__name__}.") from None
        return cls(**given)

    def environment(self) -> dict[str, str]:
        """The variables that `from_environment` makes these options of."""
        return {_PREFIX + f.name.upper(): str(getattr(self, f.name)) for f in fields(self)}
