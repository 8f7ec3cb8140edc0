"""What a render.yaml that is there says of our services, and is left so: where they stand, when they are
deployed, and which Key Value service is the Redis.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from deploy.generated import Adapted
from deploy.resources import TOP, Listed, listed, nested
from deploy.tree import Place, joined, mappings, plain

TRIGGER = "autoDeployTrigger"
KEY_VALUE = ("keyvalue", "redis")  # the second is its name of before
_URL = "REDIS_URL"


def with_theirs(document: Any, ours: Any) -> Adapted:
    """Our services at their places. A Redis elsewhere needs no service."""
    there = listed(document)
    service, *stores = ours["services"]
    found = _named(there, service["name"])
    place = found.place if found else TOP
    lists: dict[Place, list[Any]] = {place: [service]}
    own = joined((*place, f"[{service['name']}]"))
    theirs: set[str] = set()
    if found and found.service.get(TRIGGER, service[TRIGGER]) != service[TRIGGER]:
        service[TRIGGER] = found.service[TRIGGER]
        theirs.add(f"{own}/{TRIGGER}")
    for store in [] if _is_elsewhere(found) else stores:
        chosen = _chosen(there, found, store)
        if chosen is None:
            lists[place].append(store)
            continue
        kept = {key: plain(chosen.service.get(key, store[key])) for key in store}
        needed = {key: kept[key] for key in store if key in chosen.service or key == "ipAllowList"}
        lists.setdefault(chosen.place, []).append(needed)
        if needed != store:
            theirs |= {joined((*chosen.place, f"[{needed['name']}]")), f"{own}/envVars/[{_URL}]"}
            variables = service["envVars"]
            variables[:] = [_referring(variable, needed, found) for variable in variables]
    names = (joined((*place[:depth], "name")) for place in lists for depth in (2, 4))
    return nested(lists), theirs | {name for name in names if name.startswith("projects/")}


def _variable(found: Listed | None) -> Mapping[str, Any] | None:
    """REDIS_URL of the service, as it is there."""
    variables = mappings(found.service.get("envVars")) if found else []
    return next((item for item in variables if item.get("key") == _URL), None)


def _is_elsewhere(found: Listed | None) -> bool:
    variable = _variable(found)
    return variable is not None and not isinstance(variable.get("fromService"), Mapping)


def _named(there: list[Listed], name: str) -> Listed | None:
    return next((item for item in there if item.service.get("name") == name), None)


def _chosen(there: list[Listed], found: Listed | None, store: Mapping[str, Any]) -> Listed | None:
    """The Key Value service that the app refers to, else the one that has our name, else the only one."""
    stores = [item for item in there if item.service.get("type") in KEY_VALUE]
    given = (_variable(found) or {}).get("fromService")
    names = [*(item.get("name") for item in mappings([given])), store["name"]]
    named = (item for name in names if (item := _named(stores, name)))
    return next(named, stores[0] if len(stores) == 1 else None)


def _referring(variable: Any, store: Mapping[str, Any], found: Listed | None) -> Any:
    """REDIS_URL as it is there, else from the chosen service."""
    if variable.get("key") != _URL:
        return variable
    given = (_variable(found) or {}).get("fromService")
    if isinstance(given, Mapping):
        return {"key": _URL, "fromService": plain(given)}
    named = {"type": store["type"], "name": store["name"]}
    return {"key": _URL, "fromService": {**variable["fromService"], **named}}
