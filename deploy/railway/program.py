"""The text of .railway/railway.py, which the Railway CLI evaluates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from deploy.header import measured
from deploy.plan import Plan
from deploy.quoting import quoted
from deploy.railway.service import build_settings, deploy_settings
from deploy.shell import environment, root

FILE = ".railway/railway.py"
_PROGRAM = '''\
"""Made by `python -m deploy railway`; `railway config plan` shows what it changes, `apply` does it.

Edits do not survive: use fit512.toml. Memory: {measured}
"""

from railway_sdk import {imports}


@define_railway
def main():
{body}
'''


def program(plan: Plan) -> str:
    """The project with its service, and a Redis where one is used."""
    names = {"define_railway", "project", "service"}
    names |= {"preserve"} if plan.secrets.value else set()
    names |= {"github"} if plan.repository.value else set()
    names |= {"redis"} if plan.redis.value else set()
    body = "\n".join(f"    {line}" if line else "" for line in _body(plan))
    return _PROGRAM.format(measured=measured(plan), imports=", ".join(sorted(names)), body=body)


def _body(plan: Plan) -> Iterator[str]:
    if plan.redis.value:
        yield f"store = redis({quoted(plan.name.value + '-redis')})"
    yield "web = service("
    yield f"    {quoted(plan.name.value)},"
    if plan.repository.value:
        yield f"    source=github({quoted(plan.repository.value)}),"
    if root(plan) != ".":
        yield f"    rootDirectory={quoted(root(plan))},"
    yield f"    build={_literal(build_settings(plan), 1)},"
    yield f"    deploy={_literal(deploy_settings(plan), 1)},"
    yield "    env={"
    yield from (f"        {quoted(k)}: {quoted(v)}," for k, v in environment(plan).items())
    for name in plan.secrets.value:
        yield f"        {quoted(name)}: preserve(),  # its value is set on Railway alone"
    if plan.redis.value:
        yield '        "REDIS_URL": store.env.REDIS_URL,'
    yield "    },"
    yield ")"
    resources = "[store, web]" if plan.redis.value else "[web]"
    yield f"return project({quoted(plan.name.value)}, resources={resources})"


def _literal(values: Mapping[str, Any], depth: int) -> str:
    inner, outer = "    " * (depth + 1), "    " * depth
    lines = (
        f"{inner}{quoted(key)}: {quoted(value) if isinstance(value, str) else repr(value)},"
        for key, value in values.items()
    )
    # `_body` is indented once more, line by line.
    return "{\n" + "\n".join("    " + line for line in lines) + f"\n    {outer}}}"
