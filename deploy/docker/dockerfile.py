"""The text of a Dockerfile: one stage installs and makes the model, the other holds what runs."""

from __future__ import annotations

import json
from collections.abc import Iterator

from deploy.header import header
from deploy.plan import Plan
from deploy.shell import build, environment, for_docker, root

PORT = 8000
IGNORED = (
    ".git",
    ".env",
    ".env.*",
    "!.env.example",
    ".venv",
    "venv",
    "**/__pycache__",
    "**/*.pyc",
    ".cache",
    ".fit512",
    "build",
    "dist",
)


def dockerfile(plan: Plan) -> str:
    return header("docker", plan, merged=False) + "\n".join(_lines(plan)) + "\n"


def dockerignore() -> str:
    return "\n".join(IGNORED) + "\n"


def _lines(plan: Plan) -> Iterator[str]:
    folder = "/app" if plan.folder.value == "." else f"/app/{plan.folder.value}"
    image = f"python:{plan.python.value}-slim"
    yield f"FROM {image} AS build"
    yield "ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PATH=/opt/venv/bin:$PATH"
    yield "RUN python -m venv /opt/venv"
    yield "WORKDIR /app"
    yield "COPY . ."
    if root(plan) != ".":
        yield f"WORKDIR /app/{root(plan)}"
    yield f"RUN {build(plan)}"
    yield ""
    yield f"FROM {image}"
    variables = {"PATH": "/opt/venv/bin:$PATH", **_variables(plan)}
    yield "ENV " + " ".join(f"{key}={_value(value)}" for key, value in variables.items())
    yield "WORKDIR /app"
    yield "COPY --from=build /opt/venv /opt/venv"
    yield from _copied(plan)
    if folder != "/app":
        yield f"WORKDIR {folder}"
    # The app writes nothing, and is nobody to the files.
    yield "RUN useradd --system --uid 10001 app"
    yield "USER app"
    if plan.web:
        yield f"EXPOSE {port(plan)}"
    yield f"CMD {json.dumps(['sh', '-c', for_docker(plan)])}"


def port(plan: Plan) -> int:
    return plan.port.value if isinstance(plan.port.value, int) else PORT


def _variables(plan: Plan) -> dict[str, str]:
    return environment(plan) | ({"PORT": str(port(plan))} if plan.web else {})


def _value(value: str) -> str:
    plain = value.replace("/", "").replace(":", "").replace("$", "").replace(".", "")
    return value if plain.replace("_", "").isalnum() else json.dumps(value)


def _copied(plan: Plan) -> Iterator[str]:
    kept = plan.keep.value
    if not kept:
        yield "COPY --from=build /app /app"
    for name in kept:
        yield f"COPY --from=build /app/{name} /app/{name}"
