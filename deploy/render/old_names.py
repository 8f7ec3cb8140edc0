"""Names of fields that Render no longer documents, and what they are called now.

https://render.com/docs/blueprint-spec
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ruamel.yaml.comments import CommentedMap

_NOW = {"env": "runtime"}


def with_new_names(name: str, document: Any) -> bool:
    """Rename the fields of the service `name`, each where it stands; whether there was one.

    Raises ValueError for a field that it shares with others by an anchor.
    """
    services = document.get("services") if isinstance(document, Mapping) else None
    old = [
        (service, key)
        for service in (services if isinstance(services, list) else ())
        if isinstance(service, CommentedMap) and service.get("name") == name
        for key in _NOW
        if key in service and _NOW[key] not in service
    ]
    for service, key in old:
        if service.merge or service.anchor.value:
            raise ValueError(f"{key!r} is shared by an anchor: call it {_NOW[key]!r} by hand")
        _rename(service, key, _NOW[key])
    return bool(old)


def _rename(service: CommentedMap, old: str, new: str) -> None:
    comments = service.ca.items.pop(old, None)
    place, value = list(service).index(old), service.pop(old)
    service.insert(place, new, value)
    if comments is not None:
        service.ca.items[new] = comments
