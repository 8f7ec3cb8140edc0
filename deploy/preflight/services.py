"""Several services in render.yaml, and no word on which one is this app: an error."""

from __future__ import annotations

from collections.abc import Iterator

from deploy.finding.blueprint import read_services
from deploy.preflight.context import Context
from deploy.problem import Problem, error
from deploy.settings import FILE


def check(context: Context) -> Iterator[Problem]:
    plan = context.plan
    if context.platform != "render" or plan.name.source.startswith(FILE):
        return  # another host, or answered
    services = read_services(context.repository, web=plan.web)
    names = [service.name.value for service in services]
    if len(names) > 1 and plan.render_name.value not in names:
        yield error(
            "services",
            services[0].name.source,
            f'which of {", ".join(names)} is this app? Write name = "…" below [deploy] in {FILE};'
            f" a new name, such as {plan.render_name.value}, makes one more service",
        )
