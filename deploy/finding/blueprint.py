"""The services of a render.yaml that is there: one that runs is taken over as it is called."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ruamel.yaml.error import YAMLError

from deploy.formats import yaml_file
from deploy.plan import Found
from deploy.render.blueprint import FILE
from deploy.repository import Repository
from deploy.resources import listed
from deploy.tree import mappings

PYTHON = "PYTHON_VERSION"
VERSION = re.compile(r"3\.\d+(\.\d+)?")
_RUNTIMES = (None, "python", "docker")  # another one is not this app
# https://render.com/docs/blueprint-spec#plan
_DEFAULT = "starter"


@dataclass(frozen=True, slots=True)
class Service:
    """Its name and its plan, as they stand there."""

    name: Found[str]
    size: Found[str]


def read_services(repository: Repository, *, web: bool) -> list[Service]:
    """Those that may be this app: with a port, or workers for one without."""
    kinds = ("web", "pserv") if web else ("worker",)
    return [
        _service(service)
        for service in _fitting(repository)
        if service.get("type") in kinds and isinstance(service.get("name"), str)
    ]


def chosen(services: Sequence[Service], names: Sequence[str], *, only: bool) -> Service | None:
    """The first that has one of the names; else, where `only`, the one that there is."""
    named = next((service for service in services if service.name.value in names), None)
    return services[0] if named is None and only and len(services) == 1 else named


def python_of(repository: Repository) -> Found[str] | None:
    """PYTHON_VERSION of the services that may be this app; None where they differ or say none.

    A value without quotes is a number to Render, which `deploy.render.checks` refuses.
    """
    found = [
        Found(variable["value"], _place_of(variable, "value"))
        for service in _fitting(repository)
        for variable in mappings(service.get("envVars"))
        if variable.get("key") == PYTHON and isinstance(variable.get("value"), str)
    ]
    same = len({each.value for each in found}) == 1
    return found[0] if same and VERSION.fullmatch(found[0].value) else None


def _place_of(variable: Any, key: str) -> str:
    return f"{_place(variable, key)}: {PYTHON}"


def _fitting(repository: Repository) -> Iterator[Any]:
    """The services of a runtime that this app may have."""
    try:
        document = yaml_file.parse(repository.text(FILE) or "")
    except YAMLError:
        return  # whoever writes the file says so
    services = (item.service for item in listed(document))
    yield from (s for s in services if s.get("runtime", s.get("env")) in _RUNTIMES)


def _service(service: Any) -> Service:
    size = service.get("plan")
    if size is None:
        found = Found(_DEFAULT, f"{_place(service, 'name')} has no plan, which is {_DEFAULT}")
    else:
        found = Found(str(size), _place(service, "plan"))
    return Service(Found(str(service["name"]), _place(service, "name")), found)


def _place(service: Any, key: str) -> str:
    return f"{FILE}:{service.lc.data.get(key, [service.lc.line])[0] + 1}"
