"""Where a Blueprint of Render has its services and groups: at the top, or in an environment of a project.

https://render.com/docs/blueprint-spec#projects
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from deploy.tree import Place, mappings

TOP: Place = ("services",)


@dataclass(frozen=True, slots=True)
class Listed:
    """`place` is that of its list; `where` is the service itself, as `$.services[0]`."""

    place: Place
    where: str
    service: Any


def listed(document: Any) -> list[Listed]:
    """All services, in the order of the file."""
    return [
        Listed((*place, "services"), f"{where}.services[{index}]", service)
        for place, where, node in _nodes(document)
        for index, service in enumerate(_list(node.get("services")))
        if isinstance(service, Mapping)
    ]


def groups(document: Any) -> list[Mapping[str, Any]]:
    """All groups of variables that the file declares."""
    return [g for _, _, node in _nodes(document) for g in mappings(node.get("envVarGroups"))]


def nested(lists: Mapping[Place, list[Any]]) -> dict[str, Any]:
    """A document with these lists of services at their places."""
    document: dict[str, Any] = {}
    for place, services in lists.items():
        node: Any = document
        for part in place[:-1]:
            if isinstance(node, dict):
                node = node.setdefault(part, {} if part == "ungrouped" else [])
                continue
            name = part[1:-1]
            if not any(item["name"] == name for item in node):
                node.append({"name": name})
            node = next(item for item in node if item["name"] == name)
        node["services"] = services
    return document


def _nodes(document: Any) -> Iterator[tuple[Place, str, Mapping[str, Any]]]:
    """What may have services: (place, where, node)."""
    if not isinstance(document, Mapping):
        return
    yield (), "$", document
    if isinstance(document.get("ungrouped"), Mapping):
        yield ("ungrouped",), "$.ungrouped", document["ungrouped"]
    for number, project in enumerate(_named(document.get("projects"))):
        for index, environment in enumerate(_named(project.get("environments"))):
            place = ("projects", f"[{project['name']}]", "environments", f"[{environment['name']}]")
            yield place, f"$.projects[{number}].environments[{index}]", environment


def _named(items: Any) -> list[Mapping[str, Any]]:
    """Both have to have a name."""
    return [item for item in mappings(items) if isinstance(item.get("name"), str)]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
