"""Values in a parsed document, by their place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Place = tuple[str, ...]
MISSING = object()
_NAMES = ("key", "name", "type")  # what tells the items of a list apart


def leaves(node: Any, place: Place = ()) -> Iterator[tuple[Place, Any]]:
    """(place, value) of all values; an item of a list of mappings is placed by its name."""
    inner = children(node)
    if inner is None:
        yield place, node
        return
    for name, child in inner:
        yield from leaves(child, (*place, name))


def joined(place: Place) -> str:
    return "/".join(place)


def plain(value: Any) -> Any:
    """Without the types of the parsers."""
    if isinstance(value, str):
        return str(value)
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, Sequence):
        return [plain(item) for item in value]
    unwrap = getattr(value, "unwrap", None)
    return unwrap() if unwrap else value


def same(one: Any, other: Any) -> bool:
    """Equal, and of one kind: 1 is not true, and "3.10" is not 3.1."""
    if one is MISSING or other is MISSING:
        return one is other
    one, other = plain(one), plain(other)
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)


def children(node: Any) -> list[tuple[str, Any]] | None:
    if isinstance(node, Mapping):
        return [(str(key), value) for key, value in node.items()] if node else None
    items = node if isinstance(node, Sequence) and not isinstance(node, str) else ()
    if items and all(isinstance(item, Mapping) for item in items):
        return [(_name(item, index), item) for index, item in enumerate(items)]
    return None


def _name(item: Mapping[str, Any], index: int) -> str:
    found = next((item[key] for key in _NAMES if isinstance(item.get(key), str)), index)
    return f"[{found}]"


def get(node: Any, place: Place) -> Any:
    for name in place:
        node = dict(children(node) or []).get(name, MISSING)
        if node is MISSING:
            return MISSING
    return node


def mappings(node: Any) -> list[Mapping[str, Any]]:
    """Those of a list; none of what is no list."""
    listed = node if isinstance(node, Sequence) and not isinstance(node, str) else ()
    return [item for item in listed if isinstance(item, Mapping)]
