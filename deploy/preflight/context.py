"""What a check looks at."""

from __future__ import annotations

from dataclasses import dataclass

from deploy.locking.lock import NOT_ASKED, Lock
from deploy.plan import Plan
from deploy.repository import Repository


@dataclass(frozen=True, slots=True)
class Context:
    """`limit_mib` is the memory that the chosen plan of the platform gives."""

    plan: Plan
    repository: Repository
    platform: str
    limit_mib: float
    lock: Lock = NOT_ASKED
