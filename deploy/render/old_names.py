"""Names of fields that Render no longer documents, and what they are called now.

https://render.com/docs/blueprint-spec
"""

from __future__ import annotations

from typing import Any

from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from deploy.resources import listed

_NOW = {"env": "runtime", "autoDeploy": "autoDeployTrigger"}
_TRIGGERS = {
    **dict.fromkeys(("true", "yes", "on"), "commit"),
    **dict.fromkeys(("false", "no", "off"), "off"),
}


def with_new_names(name: str, document: Any) -> bool:
    """Rename the fields of the service `name`, each where it stands; whether there was one.

    Raises ValueError for a field that it shares with others by an anchor.
    """
    old = [
        (item.service, key)
        for item in listed(document)
        if isinstance(item.service, CommentedMap) and item.service.get("name") == name
        for key in _NOW
        if key in item.service and _NOW[key] not in item.service
    ]
    for service, key in old:
        if service.merge or service.anchor.value:
            raise ValueError(f"{key!r} is shared by an anchor: call it {_NOW[key]!r} by hand")
        _rename(service, key, _NOW[key])
    return bool(old)


def _rename(service: CommentedMap, old: str, new: str) -> None:
    comments = service.ca.items.pop(old, None)
    place, value = list(service).index(old), service.pop(old)
    if old == "autoDeploy":  # in quotes: `off` alone is a truth value
        said = str(value).lower()
        value = DoubleQuotedScalarString(_TRIGGERS.get(said, said))
    service.insert(place, new, value)
    if comments is not None:
        service.ca.items[new] = comments
