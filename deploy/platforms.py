"""The platforms: a folder each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from deploy import cloudrun, docker, fly, heroku, railway, render
from deploy.generated import GeneratedFile
from deploy.plan import Plan
from deploy.problem import Problem


class Platform(Protocol):
    """What the module of a platform has."""

    SUMMARY: str

    def limit_mib(self, plan: Plan) -> float:
        """The memory that the chosen plan gives."""

    def files(self, plan: Plan) -> Sequence[GeneratedFile]:
        """All files, as they are where nobody has edited them."""

    def problems(self, plan: Plan, texts: Mapping[str, str]) -> Iterable[Problem]:
        """What schema and platform say against the files: path -> text."""

    def steps(self, plan: Plan, texts: Mapping[str, str]) -> Iterable[str]:
        """What a person does on the host once the files are committed, a command or action each;
        `texts` as for `problems`.
        """


PLATFORMS: Mapping[str, Platform] = {
    "cloudrun": cloudrun,
    "docker": docker,
    "fly": fly,
    "heroku": heroku,
    "railway": railway,
    "render": render,
}
