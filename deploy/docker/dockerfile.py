"""The text of a Dockerfile: one stage installs and makes the model, the other holds what runs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from deploy.header import header
from deploy.plan import Plan
from deploy.shell import build, environment, for_docker, install, root

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
    yield from _built(plan)
    yield ""
    yield f"FROM {image}"
    variables = [f"{key}={_value(value)}" for key, value in _variables(plan).items()]
    yield " ".join(["ENV PATH=/opt/venv/bin:$PATH", *variables])
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


def _built(plan: Plan) -> Iterator[str]:
    """What is installed comes first where that is known: a change of the code keeps this layer."""
    below = [f"WORKDIR /app/{root(plan)}"] if root(plan) != "." else []
    if not plan.reads.value:
        yield from ("COPY . .", *below, f"RUN {build(plan)}")
        return
    yield from (_copy("COPY", name, name) for name in plan.reads.value)
    yield from (*below, f"RUN {install(plan)}", *(["WORKDIR /app"] if below else []), "COPY . .")
    if plan.build.value:
        yield from (*below, f"RUN {plan.build.value}")


def port(plan: Plan) -> int:
    return plan.port.value if isinstance(plan.port.value, int) else PORT


def _variables(plan: Plan) -> dict[str, str]:
    return environment(plan) | ({"PORT": str(port(plan))} if plan.web else {})


def _value(value: str) -> str:
    """In quotes where Docker would read a sign of it, $ too: no other host puts a variable in."""
    if re.fullmatch(r"[\w./:-]+", value, re.ASCII):
        return value
    return '"' + re.sub(r'(["\\$])', r"\\\1", value) + '"'


def _copied(plan: Plan) -> Iterator[str]:
    kept = plan.keep.value
    if not kept:
        yield "COPY --from=build /app /app"
    for name in kept:
        yield _copy("COPY --from=build", f"/app/{name}", f"/app/{name}")


def _copy(instruction: str, source: str, target: str) -> str:
    paths = json.dumps([source, target]) if " " in source else f"{source} {target}"
    return f"{instruction} {paths}"
