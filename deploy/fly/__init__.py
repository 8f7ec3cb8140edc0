"""Fly.io: fly.toml beside the Dockerfile.

https://fly.io/docs/reference/configuration/
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from deploy.docker import image_files
from deploy.docker.checks import check_dockerfile
from deploy.docker.dockerfile import port
from deploy.generated import Adapted, GeneratedFile
from deploy.header import header
from deploy.plan import Plan
from deploy.problem import Problem, error, warning
from deploy.quoting import quoted
from deploy.schemas import violations
from deploy.shell import environment
from deploy.tree import mappings

SUMMARY = "fly.toml and Dockerfile for Fly.io"
FILE = "fly.toml"


def limit_mib(plan: Plan) -> float:
    return plan.limit_mib.value


def files(plan: Plan) -> list[GeneratedFile]:
    return [*image_files(plan), GeneratedFile(FILE, fly_toml(plan), "toml", adapt=with_theirs)]


def problems(plan: Plan, texts: Mapping[str, str]) -> Iterator[Problem]:
    yield from check_dockerfile(texts["Dockerfile"])
    yield from check_fly(texts[FILE])
    if plan.redis.value:
        message = "REDIS_URL is nowhere in the file: `fly redis create`, then `fly secrets set`"
        yield warning("redis", plan.redis.source, message)


def steps(plan: Plan, texts: Mapping[str, str]) -> Iterator[str]:
    yield "fly launch --copy-config --no-deploy"
    if plan.secrets.value:
        yield f"fly secrets set {' '.join(f'{name}=…' for name in plan.secrets.value)}"
    yield "fly deploy"


def check_fly(text: str) -> Iterator[Problem]:
    """Schema, and that a machine has a size: without one it gets 256 MB."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as wrong:
        yield error("schema", FILE, f"is no TOML: {wrong}")
        return
    yield from violations("fly", document, FILE)
    if not all("memory" in machine for machine in document.get("vm", [{}])):
        yield error("memory", f"{FILE}::$.vm", "says no memory: a machine gets 256 MB then")
    yield from _twice(document)
    for name, value in document.get("env", {}).items():
        if not isinstance(value, str):
            yield error(
                "quoting", f"{FILE}::$.env.{name}", f"{value!r} is no text: put it in quotes"
            )


def _twice(document: Mapping[str, Any]) -> Iterator[Problem]:
    """What says one thing in two ways, as a file of a person's and our values may together."""
    build = document.get("build", {})
    others = [key for key in ("image", "builder", "buildpacks") if key in build]
    if "dockerfile" in build and others:
        message = (
            f"has dockerfile and {' and '.join(others)}: an image is made in one way. Take one out"
        )
        yield error("build", f"{FILE}::$.build", message)
    if "services" in document and "http_service" in document:
        message = "stands beside http_service, and both take the requests. Take one out"
        yield error("services", f"{FILE}::$.services", message)


def with_theirs(document: Any, ours: Any) -> Adapted:
    """Ours without the service, where they have services of their own, and with the port of these."""
    if "services" not in document or "http_service" in document:
        return ours, ()
    ours.pop("http_service", None)
    asked = {
        str(one["internal_port"])
        for one in mappings(document["services"])
        if "internal_port" in one
    }
    if len(asked) == 1 and "PORT" in ours.get("env", {}):
        ours["env"]["PORT"] = asked.pop()
    return ours, ()


def fly_toml(plan: Plan) -> str:
    return header("fly", plan) + "\n".join(_lines(plan)) + "\n"


def _lines(plan: Plan) -> Iterator[str]:
    yield f"app = {quoted(plan.name.value)}"
    yield 'kill_signal = "SIGTERM"'
    yield 'kill_timeout = "30s"'
    yield "\n[build]"
    yield 'dockerfile = "Dockerfile"'
    yield "\n[env]"
    variables = environment(plan) | ({"PORT": str(port(plan))} if plan.web else {})
    yield from (f"{key} = {quoted(value)}" for key, value in variables.items())
    if plan.web:
        yield from _http(plan)
    yield "\n[[vm]]"
    yield 'size = "shared-cpu-1x"'
    yield f'memory = "{plan.limit_mib.value:.0f}mb"'


def _http(plan: Plan) -> Iterator[str]:
    yield "\n[http_service]"
    yield f"internal_port = {port(plan)}"
    yield "force_https = true"
    yield 'auto_stop_machines = "stop"'
    yield "auto_start_machines = true"
    yield "min_machines_running = 0"
    if plan.health.value:
        yield "\n[[http_service.checks]]"
        yield 'grace_period = "60s"'
        yield 'interval = "15s"'
        yield 'method = "GET"'
        yield f"path = {quoted(plan.health.value)}"
        yield 'timeout = "5s"'
