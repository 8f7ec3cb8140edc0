"""Whether Render takes a Blueprint, and takes it as it is meant."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from deploy.formats import yaml_file
from deploy.problem import Problem, error, warning
from deploy.render.plans import RENAMED, SINCE_AUGUST
from deploy.resources import Listed, groups, listed
from deploy.schemas import violations
from deploy.tree import get, plain

FILE = "render.yaml"
KINDS = {
    "web": "serverService",
    "worker": "serverService",
    "pserv": "serverService",
    "cron": "cronService",
    "keyvalue": "redisServer",
    "redis": "redisServer",
}
_KIND = {"redis": "keyvalue"}  # one kind, by its old name
# Than the schema. https://render.com/docs/blueprint-spec
NEWER = ("maintenanceMode", "persistenceMode", "renderSubdomainPolicy")
RESERVED_PORTS = {"18012", "18013", "19099"}


def check_blueprint(text: str) -> Iterator[Problem]:
    """Schema of each service's own kind, then what the schema lets through."""
    document = plain(yaml_file.parse(text))
    found = listed(document)
    if not found:
        yield error("schema", FILE, "there is no list of services")
        return
    yield from violations("render", _without(document, found), FILE)
    names = {item.service.get("name"): item.service.get("type") for item in found}
    declared = [group.get("name") for group in groups(document)]
    for item in found:
        where = f"{FILE}::{item.where}"
        yield from _of_kind(item.service, where)
        yield from _meant(item.service, where, names)
        yield from _groups(item.service, where, declared)


def check_instances(text: str, name: str) -> Iterator[Problem]:
    """Several of the service `name`, where nothing is shared by them."""
    for item in listed(plain(yaml_file.parse(text))):
        scaling = item.service.get("scaling")
        most = scaling.get("maxInstances") if isinstance(scaling, Mapping) else None
        for key, count in (("numInstances", item.service.get("numInstances")), ("scaling", most)):
            if item.service.get("name") == name and isinstance(count, int) and count > 1:
                message = (
                    f"{count} instances, and nothing shares their conversations. Set redis = true in"
                    " fit512.toml, or take the line out"
                )
                yield warning("instances", f"{FILE}::{item.where}.{key}", message)


def _without(document: Any, found: Sequence[Listed]) -> Any:
    """All but the services, which are looked at by their kinds."""
    bare = copy.deepcopy(document)
    for place in {item.place for item in found}:
        services = get(bare, place)
        if isinstance(services, list):
            services[:] = [service for service in services if not isinstance(service, Mapping)]
    return bare


def _of_kind(service: Mapping[str, Any], where: str) -> Iterator[Problem]:
    kind = KINDS.get(str(service.get("type")))
    if service.get("runtime") == "static":
        kind = "staticService"
    if kind is None:
        yield error(
            "schema", f"{where}.type", f"{service.get('type')!r} is none of {', '.join(KINDS)}"
        )
        return
    checked = dict(service)
    for newer in NEWER:
        checked.pop(newer, None)
    if checked.get("plan") in SINCE_AUGUST:
        del checked["plan"]  # newer than the schema too
    if checked.get("plan") in RENAMED:
        checked["plan"] = RENAMED[checked["plan"]]
    if kind == "redisServer" and checked.get("plan") in ("256mb", "1g"):
        checked["plan"] = "starter"
    variables = checked.pop("envVars", None) or []
    yield from violations("render", checked, where, ["definitions", kind])
    for index, variable in enumerate(variables):
        yield from _variable(variable, f"{where}.envVars[{index}]")


def _variable(variable: Any, where: str) -> Iterator[Problem]:
    """By the sub-schema of its own form."""
    forms = {
        "fromDatabase": "envVarFromDatabase",
        "fromService": "envVarFromService",
        "fromGroup": "envVarFromGroup",
    }
    keys = variable if isinstance(variable, Mapping) else {}
    form = next((forms[key] for key in forms if key in keys), "envVarFromKeyValue")
    yield from violations("render", variable, where, ["definitions", form])
    value = keys.get("value")
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        yield error(
            "quoting",
            f"{where}.value",
            f"{keys.get('key')} is the number {value}: unquoted, 3.10 becomes 3.1. Put it in quotes",
        )


def _meant(service: Mapping[str, Any], where: str, names: Mapping[Any, Any]) -> Iterator[Problem]:
    values = {v.get("key"): v for v in service.get("envVars") or [] if isinstance(v, Mapping)}
    for key, variable in values.items():
        yield from _resolves(variable, f"{where}.envVars[{key}]", names)
    version = str(values.get("PYTHON_VERSION", {}).get("value", "x.y.z"))
    if version.count(".") != 2:
        yield error(
            "python", f"{where}.envVars[PYTHON_VERSION]", f"{version!r} is refused: write x.y.z"
        )
    if str(values.get("PORT", {}).get("value")) in RESERVED_PORTS:
        yield error("port", f"{where}.envVars[PORT]", "Render keeps this port for itself")
    if service.get("type") == "worker" and service.get("plan") == "free":
        yield error("plan", f"{where}.plan", "the free plan is for web services alone")
    if service.get("plan") == "free" and (service.get("numInstances") or 1) > 1:
        yield error("plan", f"{where}.numInstances", "the free plan runs one instance")
    web = service.get("type") == "web" and service.get("runtime") == "python"
    if web and not service.get("healthCheckPath"):
        yield warning("health", where, "without healthCheckPath Render only looks for an open port")


def _groups(service: Mapping[str, Any], where: str, known: Sequence[Any]) -> Iterator[Problem]:
    """A group may be made on the dashboard, and then no file has its names."""
    for index, variable in enumerate(service.get("envVars") or []):
        name = variable.get("fromGroup") if isinstance(variable, Mapping) else None
        if name is not None and name not in known:
            message = (
                f"the group {name!r} is not in envVarGroups of this file, and its names cannot be seen. A"
                " variable of the service wins over it: take out below what the group gives"
            )
            yield warning("group", f"{where}.envVars[{index}].fromGroup", message)


def _resolves(
    variable: Mapping[str, Any], where: str, names: Mapping[Any, Any]
) -> Iterator[Problem]:
    reference = variable.get("fromService")
    if not isinstance(reference, Mapping):
        return
    name, kind = reference.get("name"), str(reference.get("type"))
    if name not in names:
        yield error("reference", where, f"no service of this file is called {name!r}")
    elif _KIND.get(names[name], names[name]) != _KIND.get(kind, kind):
        yield error("reference", where, f"{name!r} is a {names[name]}, not a {kind}")
