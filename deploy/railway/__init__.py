"""Railway: infrastructure as code, .railway/railway.py.

railway.json and railway.toml are read by no new service, and by none at all after 2026-12-01.
https://docs.railway.com/infrastructure-as-code
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from deploy.generated import GeneratedFile
from deploy.plan import Plan
from deploy.problem import Problem, warning
from deploy.python_files import python_files
from deploy.railway.checks import check_program
from deploy.railway.legacy import FILES as LEGACY
from deploy.railway.legacy import check_legacy
from deploy.railway.program import FILE, program
from deploy.railway.service import deploy_settings

SUMMARY = ".railway/railway.py for Railway"
FREE_MIB = 512.0  # 0.5 GB for each service


def limit_mib(plan: Plan) -> float:
    return max(FREE_MIB, plan.limit_mib.value)


def files(plan: Plan) -> list[GeneratedFile]:
    return [GeneratedFile(FILE, program(plan), "text"), *python_files(plan)]


def _replicas(settings: Mapping[str, Any]) -> int:
    """In all regions together, where it names some."""
    regions = (settings.get("multiRegionConfig") or {}).values()
    counts = [region.get("numReplicas") or 0 for region in regions if region]
    return max(sum(counts), settings["numReplicas"] or 1)


def problems(plan: Plan, texts: Mapping[str, str]) -> Iterator[Problem]:
    if texts.get(FILE) == program(plan):
        yield from check_program(texts[FILE])
    elif FILE in texts:  # whatever a person wrote would run here
        message = (
            "is not what is generated, and so was not evaluated; `railway config plan` does that"
        )
        yield warning("program", FILE, message)
    if FILE in texts and plan.repository.value is None:
        message = (
            "the service has no source, and Railway deploys nothing. Name owner/name on GitHub"
        )
        yield warning("source", plan.repository.source, f"{message}: `repository` in fit512.toml")
    replicas = _replicas(deploy_settings(plan))
    if replicas > 1 and not plan.redis.value:
        message = f"deploy.numReplicas is {replicas}, and nothing shares their conversations"
        yield warning("instances", plan.railway.source, message)
    for name in LEGACY:
        if name in texts:
            yield from check_legacy(name, texts[name])


def steps(plan: Plan, texts: Mapping[str, str]) -> Iterator[str]:
    yield "git push"
    yield "railway config plan"
    yield "railway config apply"
