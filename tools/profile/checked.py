"""Whether a file is a profile in all that is read of it: it may have been edited or cut by hand."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _text(value: object) -> bool:
    return isinstance(value, str)


def _object(value: object) -> bool:
    return isinstance(value, Mapping)


def _or_none(check: Callable[[object], bool]) -> Callable[[object], bool]:
    return lambda value: value is None or check(value)


def _list_of(check: Callable[[object], bool]) -> Callable[[object], bool]:
    return lambda value: isinstance(value, list | tuple) and all(map(check, value))


def _figure(value: object) -> bool:
    return (
        isinstance(value, Mapping)
        and all(_number(value.get(name)) for name in ("median", "min", "max"))
        and _or_none(_number)(value.get("spread"))
    )


def _figures(value: object) -> bool:
    return isinstance(value, Mapping) and all(map(_or_none(_figure), value.values()))


def _stage(value: object) -> bool:
    if not isinstance(value, Mapping) or not _text(value.get("name")):
        return False
    figures = {name: one for name, one in value.items() if name not in ("name", "seen")}
    return _text(value.get("seen", "")) and _figures(figures)


def _sample(value: object) -> bool:
    return isinstance(value, Mapping) and all(map(_or_none(_number), value.values()))


def _content(value: object) -> bool:
    return (
        isinstance(value, Mapping)
        and _text(value.get("sha256"))
        and _list_of(_text)(value.get("paths"))
    )


def _who(value: object) -> bool:
    """In what `gate`, `diff` and the pages add up."""
    if not isinstance(value, Mapping):
        return False
    imports, mapped, allocations = (value.get(k) for k in ("imports", "mapped", "allocations"))
    return (
        _or_none(_list_in("rungs", _rung))(imports)
        and _or_none(_list_in("files", _file))(mapped)
        and (
            allocations is None
            or (isinstance(allocations, Mapping) and _amounts(allocations.get("packages")))
        )
    )


def _list_in(name: str, check: Callable[[object], bool]) -> Callable[[object], bool]:
    return lambda value: isinstance(value, Mapping) and _list_of(check)(value.get(name))


def _rung(value: object) -> bool:
    return (
        isinstance(value, Mapping)
        and _text(value.get("package"))
        and _number(value.get("own_mib"))
        and _list_of(_text)(value.get("chain"))
    )


def _file(value: object) -> bool:
    return isinstance(value, Mapping) and _text(value.get("file")) and _number(value.get("rss_mib"))


def _amounts(value: object) -> bool:
    return isinstance(value, Mapping) and all(map(_number, value.values()))


_FIELDS: Mapping[str, tuple[Callable[[object], bool], str]] = {
    "command": (_list_of(_text), "a list of texts"),
    "machine": (_object, "an object"),
    "versions": (_object, "an object"),
    "content": (_or_none(_content), "an object with paths and sha256, or null"),
    "limit_mib": (_or_none(_number), "a number or null"),
    "enforcement": (_text, "a text"),
    "health_path": (_text, "a text"),
    "ready_path": (_text, "a text"),
    "requests": (_object, "an object"),
    "runs": (_number, "a number"),
    "peak": (_figures, "figures with median, min and max, or null"),
    "stages": (_list_of(_stage), "a list of stages with name and figures"),
    "load": (_figures, "figures with median, min and max, or null"),
    "timeline": (_list_of(_sample), "a list of samples, whose values are numbers or null"),
    "processes": (_list_of(_sample), "a list of what each process holds"),
    "who": (_or_none(_who), "imports, mapped and allocations as `run` writes them, or null"),
    "malloc": (_or_none(_object), "an object or null"),
    "leak": (_or_none(_object), "an object or null"),
    "fit": (_or_none(_object), "an object or null"),
    "died": (_or_none(_object), "an object or null"),
    "unstable": (_or_none(lambda value: isinstance(value, bool)), "true, false or null"),
    "not_measured": (_list_of(_text), "a list of texts"),
}


def wrong_field(source: Mapping[str, Any]) -> str | None:
    """`limit_mib is not a number or null` of the first field that is something else; None of none."""
    for name, (holds, what) in _FIELDS.items():
        if name in source and not holds(source[name]):
            return f"{name} is not {what}"
    return None
