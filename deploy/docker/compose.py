"""The text of compose.yaml: the image inside the limit, with no swap to hide behind."""

from __future__ import annotations

from collections.abc import Iterator

from deploy.docker.dockerfile import port
from deploy.header import header
from deploy.plan import Plan
from deploy.quoting import quoted

GRACE_S = 30


def compose(plan: Plan) -> str:
    return header("docker", plan) + "\n".join(_lines(plan)) + "\n"


def _lines(plan: Plan) -> Iterator[str]:
    limit = quoted(f"{plan.limit_mib.value:.0f}m")
    yield "services:"
    yield f"  {plan.name.value}:"
    yield '    build: "."'
    yield f"    mem_limit: {limit}"
    yield f"    memswap_limit: {limit} # memory and swap together: no swap"
    yield f"    stop_grace_period: {quoted(f'{GRACE_S}s')}"
    if plan.web:
        yield f'    ports: ["127.0.0.1:{port(plan)}:{port(plan)}"]'
    if plan.web and plan.health.value:
        yield from _health(plan)
    if plan.secrets.value or plan.redis.value:
        yield "    environment:"
        # No value: it is taken from the shell that starts compose, or from .env.
        yield from (f"      {name}:" for name in plan.secrets.value)
    if plan.redis.value:
        yield '      REDIS_URL: "redis://redis:6379/0"'
        yield '    depends_on: ["redis"]'
        yield "  redis:"
        yield '    image: "redis:8-alpine"'
        yield '    command: ["redis-server", "--maxmemory", "64mb", "--maxmemory-policy", "allkeys-lru"]'


def _health(plan: Plan) -> Iterator[str]:
    url = f"http://127.0.0.1:{port(plan)}{plan.health.value}"
    test = f"import urllib.request; urllib.request.urlopen('{url}', timeout=5)"
    yield "    healthcheck:"
    yield f'      test: ["CMD", "python", "-c", {quoted(test)}]'
    yield '      interval: "15s"'
    yield '      timeout: "5s"'
    yield '      start_period: "60s"'
