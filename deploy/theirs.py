"""What of a document is a person's, whatever we would write there."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from deploy.resources import groups
from deploy.tree import MISSING, Place, children, get, joined, mappings

# Of a variable in render.yaml there is one (https://render.com/docs/blueprint-spec#environment-variables).
_FORMS = {"value", "sync", "generateValue", "fromDatabase", "fromService"}


def shared_nodes(node: Any, seen: set[int]) -> Iterator[int]:
    """Of mappings and lists that stand in more than one place, as aliases of YAML do."""
    if not isinstance(node, Mapping | Sequence) or isinstance(node, str):
        return
    if id(node) in seen:
        yield id(node)
        return
    seen.add(id(node))
    for child in node.values() if isinstance(node, Mapping) else node:
        yield from shared_nodes(child, seen)


def refuse_shared(document: Any, place: Place, shared: Collection[int]) -> None:
    for depth in range(1, len(place)):
        if id(get(document, place[:depth])) in shared:
            raise ValueError(f"{joined(place[:depth])} stands elsewhere too, by an alias")


def is_mine(place: Place, mine: Collection[str]) -> bool:
    return any(joined(place[:depth]) in mine for depth in range(1, len(place) + 1))


def is_theirs(document: Any, ours: Any, place: Place) -> bool:
    """Whether a person gave it in a form of their own: Render's `fromDatabase` for our `sync`, a text
    for our mapping (Heroku's `env`), a list for our mapping (compose's `environment`), a group's variable.
    """
    if _in_group(document, ours, place):
        return True
    for depth in range(len(place)):
        node = get(document, place[:depth])
        if node is MISSING or node is None:
            return False
        if children(node) is None and node not in ({}, []):
            return True
        if isinstance(node, Sequence) and isinstance(get(ours, place[:depth]), Mapping):
            return True
        forms = _FORMS & set(node) if isinstance(node, Mapping) else set()
        if place[depth] in _FORMS and forms and place[depth] not in forms:
            return True
    return False


def _in_group(document: Any, ours: Any, place: Place) -> bool:
    """Whether Render gives the service a secret of ours from a group that this file declares.

    One of the service's own would win over it, and be asked for.
    """
    if "envVars" not in place[:-1]:
        return False
    end = place.index("envVars") + 1
    asked = get(ours, place[: end + 1])
    if not isinstance(asked, Mapping) or "sync" not in asked:
        return False
    used = {item.get("fromGroup") for item in mappings(get(document, place[:end]))}
    fitting = [group for group in groups(document) if group.get("name") in used]
    given = (item for group in fitting for item in mappings(group.get("envVars")))
    # Render ignores `sync: false` in a group.
    return any(item.get("key") == asked.get("key") and "sync" not in item for item in given)
