"""Render: one Blueprint, render.yaml.

https://render.com/docs/blueprint-spec
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

from deploy.generated import GeneratedFile
from deploy.plan import Plan
from deploy.problem import Problem
from deploy.python_files import python_files
from deploy.render.blueprint import FILE, blueprint
from deploy.render.checks import check_blueprint, check_instances
from deploy.render.old_names import with_new_names
from deploy.render.plans import memory_mib
from deploy.render.theirs import with_theirs

SUMMARY = "render.yaml for Render"


def limit_mib(plan: Plan) -> float:
    return memory_mib(plan.render_plan.value, plan.render_plan.source)


def files(plan: Plan) -> list[GeneratedFile]:
    modernize = partial(with_new_names, plan.render_name.value)
    return [
        GeneratedFile(FILE, blueprint(plan), "yaml", modernize=modernize, adapt=with_theirs),
        *python_files(plan),
    ]


def problems(plan: Plan, texts: Mapping[str, str]) -> Iterator[Problem]:
    yield from check_blueprint(texts[FILE])
    if not plan.redis.value:
        yield from check_instances(texts[FILE], plan.render_name.value)


def steps(plan: Plan, texts: Mapping[str, str]) -> Iterator[str]:
    yield "git push"
    asked = f"; it asks for {', '.join(plan.secrets.value)}" if plan.secrets.value else ""
    asked += "" if plan.web else f"; a worker is never free: {plan.render_plan.value}"
    yield f"on dashboard.render.com: New > Blueprint, choose the repository{asked}"
