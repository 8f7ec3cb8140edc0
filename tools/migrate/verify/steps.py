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
    """One step: what it is called, how it ended, a sentence, and the figures with their units in the key.

    `before` says how the same step fails on the repository as it was; None: not known to.
    """

    name: str
    status: Status
    detail: str
    figures: Mapping[str, Figure] = field(default_factory=dict)
    before: str | None = None

    @property
    def sentence(self) -> str:
        """The detail, with what was already so before the conversion."""
        if self.before is None:
            return self.detail
        return f"{self.detail} — failed before the conversion too: {self.before}"


def passed(steps: Sequence[Step]) -> bool:
    """True if something passed and nothing failed or was left out because something failed."""
    bad = (Status.FAIL, Status.NOT_RUN)
    return any(step.status is Status.PASS for step in steps) and not any(
        step.status in bad for step in steps
    )


def broken_before(steps: Sequence[Step]) -> bool:
    """True if something failed, and all that did had failed before the conversion too."""
    failed = [step for step in steps if step.status is Status.FAIL]
    return bool(failed) and all(step.before is not None for step in failed)


def verdict(steps: Sequence[Step]) -> str:
    """The outcome in words."""
    if passed(steps):
        return "pass"
    return "fail (not by the conversion: it failed before too)" if broken_before(steps) else "fail"


def not_run(*names: str) -> list[Step]:
    return [Step(name, Status.NOT_RUN, "an earlier step failed") for name in names]
