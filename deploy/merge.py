"""Puts our values into a document that a person may have edited, value by value.

A value that is still as we wrote it last time is replaced; one that a person changed is a conflict;
what we never wrote is left alone, with its comments.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, MutableMapping, MutableSequence, Sequence
from dataclasses import dataclass, field
from typing import Any

from deploy.formats.text import WHOLE
from deploy.secret_names import is_secret

Place = tuple[str, ...]
MISSING = object()
_NAMES = ("key", "name", "type")  # what tells the items of a list apart
# Of a variable in render.yaml there is one (https://render.com/docs/blueprint-spec#environment-variables).
_FORMS = {"value", "sync", "generateValue", "fromDatabase", "fromService"}


@dataclass
class Merge:
    """The outcome: `conflicts` says of each value that a person changed what it is, by its place.

    `missing` are the places of ours that a file never had which a person wrote.
    """

    changed: bool = False
    conflicts: dict[str, str] = field(default_factory=dict)
    missing: dict[str, None] = field(default_factory=dict)


def leaves(node: Any, place: Place = ()) -> Iterator[tuple[Place, Any]]:
    """(place, value) of all values; an item of a list of mappings is placed by its name."""
    inner = _children(node)
    if inner is None:
        yield place, node
        return
    for name, child in inner:
        yield from leaves(child, (*place, name))


def merge(
    document: Any,
    ours: Any,
    written: Mapping[str, Any] | None,
    *,
    force: bool,
    mine: Collection[str] = (),
) -> Merge:
    """Edit `document`. `written` is what we wrote last time, by `joined` place; None: never.

    `mine` are the places that stay as they are, whatever else is said.
    """
    outcome = Merge()
    wanted = dict(leaves(ours))
    for place, value in wanted.items():
        current = _get(document, place)
        if _same(current, value) or _is_mine(place, mine) or _is_theirs(document, ours, place):
            continue
        last = MISSING if written is None else written.get(joined(place), MISSING)
        new = current is MISSING and last is MISSING and written is not None
        if new or force or (last is not MISSING and _same(current, last)):
            _set(document, ours, place, value)
            outcome.changed = True
        elif current is MISSING and last is MISSING:
            outcome.missing[_absent(document, place)] = None
        else:
            outcome.conflicts[joined(place)] = _conflict(place, current, value)
    theirs = {name: value for name, value in (written or {}).items() if name not in mine}
    _drop(document, wanted, theirs, outcome)
    return outcome


def joined(place: Place) -> str:
    return "/".join(place)


def _is_mine(place: Place, mine: Collection[str]) -> bool:
    return any(joined(place[:depth]) in mine for depth in range(1, len(place) + 1))


def _is_theirs(document: Any, ours: Any, place: Place) -> bool:
    """Whether a person gave it in a form of their own: Render's `fromDatabase` for our `sync`, a text
    for our mapping (Heroku's `env`), a list for our mapping (compose's `environment`).
    """
    for depth in range(len(place)):
        node = _get(document, place[:depth])
        if node is MISSING or node is None:
            return False
        if _children(node) is None and node not in ({}, []):
            return True
        if isinstance(node, Sequence) and isinstance(_get(ours, place[:depth]), Mapping):
            return True
        forms = _FORMS & set(node) if isinstance(node, Mapping) else set()
        if place[depth] in _FORMS and forms and place[depth] not in forms:
            return True
    return False


def _drop(
    document: Any, wanted: Mapping[Place, Any], written: Mapping[str, Any], outcome: Merge
) -> None:
    """Remove what we wrote and no longer want, unless a person changed it."""
    kept = {joined(place) for place in wanted}
    old = [
        (place, _get(document, place[:-1]), _get(document, place[:-2]))
        for place, value in leaves(document)
        if (name := joined(place)) in written and name not in kept and _same(value, written[name])
    ]
    # All found before the first is removed: an item of a list is found by its name.
    for place, parent, outer in old:
        if isinstance(parent, MutableMapping):
            del parent[place[-1]]
            outcome.changed = True
        if not parent and isinstance(outer, MutableSequence):
            outer.remove(parent)


def _absent(document: Any, place: Place) -> str:
    """What of the way to a value is not there, from its beginning: an item of a list is so as a whole."""
    depths = range(1, len(place) + 1)
    absent = next(n for n in depths if _get(document, place[:n]) is MISSING)
    return joined(place[:absent])


def _conflict(place: Place, current: Any, value: Any) -> str:
    if place == (WHOLE,):
        return "edited by hand"
    has = "removed by hand" if current is MISSING else f"{_shown(current)}, by hand"
    if current is not MISSING and is_secret(place):
        has = "set by hand"
    return f"{joined(place)}: {has}; it would be {_shown(value)}"


def _shown(value: Any) -> str:
    return repr(plain(value))


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


def _same(one: Any, other: Any) -> bool:
    """Equal, and of one kind: 1 is not true, and "3.10" is not 3.1."""
    if one is MISSING or other is MISSING:
        return one is other
    one, other = plain(one), plain(other)
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)


def _children(node: Any) -> list[tuple[str, Any]] | None:
    if isinstance(node, Mapping):
        return [(str(key), value) for key, value in node.items()] if node else None
    items = node if isinstance(node, Sequence) and not isinstance(node, str) else ()
    if items and all(isinstance(item, Mapping) for item in items):
        return [(_name(item, index), item) for index, item in enumerate(items)]
    return None


def _name(item: Mapping[str, Any], index: int) -> str:
    found = next((item[key] for key in _NAMES if isinstance(item.get(key), str)), index)
    return f"[{found}]"


def _get(node: Any, place: Place) -> Any:
    for name in place:
        node = dict(_children(node) or []).get(name, MISSING)
        if node is MISSING:
            return MISSING
    return node


def _set(document: Any, ours: Any, place: Place, value: Any) -> None:
    """Set one value; what is missing on the way to it is taken from `ours` as a whole."""
    node = document
    for depth, name in enumerate(place):
        last = depth == len(place) - 1
        children = dict(_children(node) or [])
        if not last and children.get(name) is not None:
            node = children[name]
            continue
        given = value if last else _get(ours, place[: depth + 1])
        if isinstance(node, MutableSequence):
            node.append(given)
        else:
            node[name] = given
        return
