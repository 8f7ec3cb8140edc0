"""The text of render.yaml."""

from __future__ import annotations

from collections.abc import Iterator

from deploy.header import header
from deploy.plan import Plan
from deploy.quoting import quoted
from deploy.shell import build, environment, root, start

FILE = "render.yaml"
SHUTDOWN_S = 30


def blueprint(plan: Plan) -> str:
    """The service, and a Key Value service where Redis is used."""
    lines = ["services:", *_service(plan), *(_key_value(plan) if plan.redis.value else ())]
    return header("render", plan) + "\n".join(lines) + "\n"


def _service(plan: Plan) -> Iterator[str]:
    kind = "web" if plan.web else "worker"
    fields = {"name": plan.render_name.value, "runtime": "python", "plan": plan.render_plan.value}
    yield f"  - type: {kind}"
    yield from (f"    {key}: {quoted(value)}" for key, value in fields.items())
    if root(plan) != ".":
        yield f"    rootDir: {quoted(root(plan))}"
    yield f"    buildCommand: {quoted(build(plan))}"
    yield f"    startCommand: {quoted(start(plan))}"
    if plan.web and plan.health.value:
        yield f"    healthCheckPath: {quoted(plan.health.value)}"
    yield '    autoDeployTrigger: "commit"'
    yield f"    maxShutdownDelaySeconds: {SHUTDOWN_S}"
    if plan.instances.value > 1:
        yield f"    numInstances: {plan.instances.value}"
    yield "    envVars:"
    for key, value in environment(plan).items():
        yield f"      - key: {key}\n        value: {quoted(value)}"
    for key in plan.secrets.value:
        yield f"      - key: {key} # asked for when the service is made\n        sync: false"
    if plan.redis.value:
        yield from _reference(plan)


def _reference(plan: Plan) -> Iterator[str]:
    yield "      - key: REDIS_URL"
    yield "        fromService:"
    yield '          type: "keyvalue"'
    yield f"          name: {quoted(_key_value_name(plan))}"
    yield '          property: "connectionString"'


def _key_value(plan: Plan) -> Iterator[str]:
    yield "  - type: keyvalue"
    yield f"    name: {quoted(_key_value_name(plan))}"
    yield '    plan: "free" # in memory: a restart forgets the conversations'
    yield '    maxmemoryPolicy: "allkeys-lru"'
    yield "    ipAllowList: [] # from the inside only"


def _key_value_name(plan: Plan) -> str:
    return f"{plan.render_name.value}-redis"
