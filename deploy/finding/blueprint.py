"""The service that a render.yaml has already: it is taken over under its own name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ruamel.yaml.error import YAMLError

from deploy.formats import yaml_file
from deploy.plan import Found
from deploy.render.blueprint import FILE
from deploy.render.plans import is_known
from deploy.repository import Repository

_ADOPTED = ("web", "worker", "pserv")


def find_service(
    repository: Repository, started_by: str | None, name: Found[str], size: Found[str]
) -> tuple[Found[str], Found[str]]:
    """Name and plan of the one service in Python, or of that whose command is at `started_by`.

    A second one under another name would be a second deployment. Without one: `name` and `size`.
    """
    service = _chosen(list(_services(repository)), started_by)
    if service is None:
        return name, size
    found, plan = _value(service, "name"), _value(service, "plan")
    # A plan that does not exist is for the check of the file to name.
    return found or name, plan if plan and is_known(plan.value) else size


def _services(repository: Repository) -> Iterator[Any]:
    try:
        document = yaml_file.parse(repository.text(FILE) or "")
    except YAMLError:
        return
    services = document.get("services") if isinstance(document, Mapping) else None
    for service in services if isinstance(services, list) else ():
        python = isinstance(service, Mapping) and "python" in (
            service.get("runtime"),
            service.get("env"),
        )
        if python and service.get("type") in _ADOPTED:
            yield service


def _chosen(services: list[Any], started_by: str | None) -> Any | None:
    if len(services) == 1:
        return services[0]
    starts = (_value(service, "startCommand") for service in services)
    pairs = zip(services, starts, strict=True)
    return next((s for s, start in pairs if start and start.source == started_by), None)


def _value(service: Any, key: str) -> Found[str] | None:
    value = service.get(key)
    if not isinstance(value, str):
        return None
    return Found(str(value), f"{FILE}:{service.lc.key(key)[0] + 1}")
