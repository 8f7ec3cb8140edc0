"""Names of fields that Render no longer documents, and what they are called now.

https://render.com/docs/blueprint-spec
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from typing import Any

_NOW = {"env": "runtime"}


def with_new_names(document: Any) -> bool:
    """Rename in place, each key where it stands; whether there was one."""
    services = document.get("services") if isinstance(document, Mapping) else None
    listed = services if isinstance(services, list) else []
    old = [
        (service, name)
        for service in listed
        if isinstance(service, MutableMapping)
        for name in _NOW
        if name in service
    ]
    for service, name in old:
        _rename(service, name, _NOW[name])
    return bool(old)


def _rename(service: Any, old: str, new: str) -> None:
    place, value = list(service).index(old), service.pop(old)
    if new not in service:
        service.insert(place, new, value)
