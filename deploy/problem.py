"""What is wrong with a plan or a file, for a person to decide on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Problem:
    """`where` is a file, a value of the plan, or a place such as `render.yaml::$.services[0].plan`."""

    severity: Severity
    check: str
    where: str
    message: str

    def __str__(self) -> str:
        return f"{self.severity}: {self.where}: {self.message} [{self.check}]"

    def as_json(self) -> dict[str, str]:
        return {
            "severity": self.severity,
            "check": self.check,
            "where": self.where,
            "message": self.message,
        }


def error(check: str, where: str, message: str) -> Problem:
    return Problem("error", check, where, message)


def warning(check: str, where: str, message: str) -> Problem:
    return Problem("warning", check, where, message)
