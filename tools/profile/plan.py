"""What a look at an app found: how to measure it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from tools.profile.asked import Asked
from tools.profile.kinds import Kind
from tools.profile.ports import Address
from tools.profile.ready import Door
from tools.profile.subject import Subject


@dataclass(frozen=True)
class Effort:
    """How long to wait and how much to ask."""

    requests: int = 200
    at_a_time: int = 4
    ready_within_s: float = 120.0
    answer_within_s: float = 60.0
    load_within_s: float = math.inf


@dataclass(frozen=True)
class Plan:
    """What a look at the app found: where it is reached, what to ask, which files are its own."""

    subject: Subject
    effort: Effort
    upstream: str | None
    door: Door
    takes_port: bool  # listens where PORT says
    asked: Asked
    cold: tuple[Path, ...]
    sources: frozenset[Path]
    data: Mapping[Path, Kind]
    versions: Mapping[str, str]

    def door_at(self, port: int) -> Door:
        """Where to look first in a run that is given PORT; an app may listen elsewhere each time."""
        own = self.door.address
        address = Address(own.host, port) if self.takes_port else own
        return replace(self.door, address=address)

    def with_variables(self, variables: Mapping[str, str]) -> Plan:
        """The same with more environment variables."""
        return replace(self, subject=self.subject.with_variables(variables))
