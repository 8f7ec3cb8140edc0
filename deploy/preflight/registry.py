"""All checks, in the order in which they are told."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from deploy.preflight import (
    address,
    allowed_hosts,
    collectstatic,
    committed_secrets,
    environment,
    environment_file,
    folders,
    guessed_start,
    health,
    legacy,
    lock,
    main_only,
    manifests,
    memory,
    mine,
    missing,
    profile,
    programs,
    python_version,
    services,
    slug,
    start_line,
    streamlit_secrets,
    torch,
    wheels,
    workers,
    written_secrets,
)
from deploy.preflight.context import Context
from deploy.problem import Problem


class Check(Protocol):
    """A module of a check."""

    def check(self, context: Context) -> Iterable[Problem]: ...


CHECKS: Sequence[Check] = (
    memory,
    profile,
    workers,
    start_line,
    address,
    manifests,
    python_version,
    environment,
    environment_file,
    streamlit_secrets,
    committed_secrets,
    written_secrets,
    folders,
    slug,
    missing,
    guessed_start,
    main_only,
    allowed_hosts,
    collectstatic,
    health,
    legacy,
    programs,
    mine,
    services,
    lock,
    wheels,
    torch,
)


def preflight(context: Context) -> list[Problem]:
    return [problem for check in CHECKS for problem in check.check(context)]
