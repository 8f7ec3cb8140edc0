"""Puts our values into a document that a person may have edited, value by value.

A value that is still as we wrote it last time is replaced; one that a person changed is a conflict;
what we never wrote is left alone, with its comments.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, MutableMapping, MutableSequence
from dataclasses import dataclass, field
from typing import Any

from deploy.formats.text import WHOLE
from deploy.secret_names import is_secret
from deploy.theirs import is_mine, is_theirs, refuse_shared, shared_nodes
from deploy.tree import MISSING, Place, children, get, joined, leaves, plain, same


@dataclass
class Merge:
    """The outcome: `conflicts` says of each value that a person changed what it is, by its place.

    `missing` are the places of ours that a file never had which a person wrote; `replaced` says of each
    value of a person what it was and is now.
    """

    changed: bool = False
    conflicts: dict[str, str] = field(default_factory=dict)
    missing: dict[str, None] = field(default_factory=dict)
    replaced: list[str] = field(default_factory=list)


def merge(
    document: Any,
    ours: Any,
    written: Mapping[str, Any] | None,
    *,
    force: bool,
    mine: Collection[str] = (),
) -> Merge:
    """Edit `document`. `written` is what we wrote last time, by `joined` place; None: never.

    `mine` are the places that stay as they are, whatever else is said. Raises ValueError where an
    edit would go through an alias into what is not ours.
    """
    outcome, shared = Merge(), set(shared_nodes(document, set()))
    wanted = dict(leaves(ours))
    for place, value in wanted.items():
        current = get(document, place)
        if same(current, value) or is_mine(place, mine) or is_theirs(document, ours, place):
            continue
        last = MISSING if written is None else written.get(joined(place), MISSING)
        new = current is MISSING and last is MISSING and written is not None
        if new or force or (last is not MISSING and same(current, last)):
            refuse_shared(document, place, shared)
            if current is not MISSING and not same(current, last):
                outcome.replaced.append(_said(place, current, value, "it becomes"))
            _set(document, ours, place, value)
            outcome.changed = True
        elif current is MISSING and last is MISSING:
            outcome.missing[_absent(document, place)] = None
        else:
            outcome.conflicts[joined(place)] = _said(place, current, value, "it would be")
    _drop(document, wanted, written or {}, outcome, mine)
    return outcome


def _drop(
    document: Any,
    wanted: Mapping[Place, Any],
    written: Mapping[str, Any],
    outcome: Merge,
    mine: Collection[str],
) -> None:
    """Remove what we wrote and no longer want, unless a person changed it, or said that it is theirs."""
    kept = {joined(place) for place in wanted}
    old = [
        (place, get(document, place[:-1]), get(document, place[:-2]))
        for place, value in leaves(document)
        if (name := joined(place)) in written
        and name not in kept
        and same(value, written[name])
        and not is_mine(place, mine)
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
    absent = next(n for n in depths if get(document, place[:n]) is MISSING)
    return joined(place[:absent])


def _said(place: Place, current: Any, value: Any, becomes: str) -> str:
    if place == (WHOLE,):
        return "edited by hand"
    has = "removed by hand" if current is MISSING else f"{_shown(current)}, by hand"
    if current is not MISSING and is_secret(place):
        has = "set by hand"
    return f"{joined(place)}: {has}; {becomes} {_shown(value)}"


def _shown(value: Any) -> str:
    return repr(plain(value))


def _set(document: Any, ours: Any, place: Place, value: Any) -> None:
    """Set one value; what is missing on the way to it is taken from `ours` as a whole."""
    node = document
    for depth, name in enumerate(place):
        last = depth == len(place) - 1
        inner = dict(children(node) or [])
        if not last and inner.get(name) is not None:
            node = inner[name]
            continue
        given = value if last else get(ours, place[: depth + 1])
        if isinstance(node, MutableSequence):
            node.append(given)
        else:
            node[name] = given
        return
