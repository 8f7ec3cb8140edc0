"""Docker: Dockerfile, .dockerignore and compose.yaml, to try an image inside the limit.

https://docs.docker.com/reference/compose-file/services/#mem_limit
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from deploy.docker.checks import check_compose, check_dockerfile
from deploy.docker.compose import compose
from deploy.docker.dockerfile import dockerfile, dockerignore
from deploy.generated import GeneratedFile
from deploy.plan import Plan
from deploy.problem import Problem

SUMMARY = "Dockerfile and compose.yaml"


def limit_mib(plan: Plan) -> float:
    return plan.limit_mib.value


def files(plan: Plan) -> list[GeneratedFile]:
    return [
        *image_files(plan),
        GeneratedFile("compose.yaml", compose(plan), "yaml"),
    ]


def image_files(plan: Plan) -> list[GeneratedFile]:
    """What every platform needs that builds an image."""
    return [
        GeneratedFile("Dockerfile", dockerfile(plan), "text"),
        GeneratedFile(".dockerignore", dockerignore(), "lines"),
    ]


def problems(plan: Plan, texts: Mapping[str, str]) -> Iterator[Problem]:
    yield from check_dockerfile(texts["Dockerfile"])
    yield from check_compose(texts["compose.yaml"])


def steps(plan: Plan, texts: Mapping[str, str]) -> Iterator[str]:
    given = "".join(f"{name}=… " for name in plan.secrets.value)
    yield f"{given}docker compose up --build"
