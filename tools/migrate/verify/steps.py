"""The result of one step of the proof, and of all of them together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

Figure = float | int | str | bool | None


class Status(StrEnum):
    PASS = "pass"
    FAIL = "fail"
    NOT_APPLICABLE = "not applicable"
    NOT_RUN = "not run"  # an earlier step failed


@dataclass(frozen=True)
class Step:
    """One step: what it is called, how it ended, a sentence, and the figures with their units in the key."""

    name: str
    status: Status
    detail: str
    figures: Mapping[str, Figure] = field(default_factory=dict)


def passed(steps: Sequence[Step]) -> bool:
    """True if something passed and nothing failed or was left out because something failed."""
    bad = (Status.FAIL, Status.NOT_RUN)
    return any(step.status is Status.PASS for step in steps) and not any(
        step.status in bad for step in steps
    )
