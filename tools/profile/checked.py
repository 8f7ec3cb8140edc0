"""Whether a file is a profile in all that is read of it: it may have been edited or cut by hand."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any


def _number(value: object) -> bool:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:  # a whole number that no float holds
        return False


def _above_0(value: object) -> bool:
    return _number(value) and isinstance(value, int | float) and value > 0


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


def _with(names: Mapping[str, Callable[[object], bool]]) -> Callable[[object], bool]:
    """An object that has these, each as it has to be."""
    return lambda value: (
        isinstance(value, Mapping)
        and all(name in value and holds(value[name]) for name, holds in names.items())
    )


def _process(value: object) -> bool:
    return _sample(value) and _with({"rss_mib": _or_none(_number), "uss_mib": _or_none(_number)})(
        value
    )


def _amounts(value: object) -> bool:
    return isinstance(value, Mapping) and all(map(_number, value.values()))


_DIED = {"limit_mib": _number, "stage": _text, "why": _text, "limit_hits": _or_none(_number)}
_RUNG = _with({"package": _text, "own_mib": _number, "chain": _list_of(_text)})
_FILE = _with({"file": _text, "kind": _text, "rss_mib": _number})
_IMPORTS = _with({"interpreter_mib": _number, "rungs": _list_of(_RUNG)})
_MAPPED = _with({"anonymous_mib": _or_none(_number), "files": _list_of(_FILE)})
_ALLOCATIONS = _with({"packages": _amounts, "processes": _number})


def _who(value: object) -> bool:
    """In what `gate`, `diff`, `doctor` and the pages add up."""
    parts = {"imports": _IMPORTS, "mapped": _MAPPED, "allocations": _ALLOCATIONS}
    return isinstance(value, Mapping) and all(
        _or_none(holds)(value.get(name)) for name, holds in parts.items()
    )


_FIELDS: Mapping[str, tuple[Callable[[object], bool], str]] = {
    "command": (_list_of(_text), "a list of texts"),
    "machine": (_object, "an object"),
    "versions": (_object, "an object"),
    "content": (_or_none(_content), "an object with paths and sha256, or null"),
    "limit_mib": (_or_none(_above_0), "a number above 0, or null"),
    "enforcement": (_text, "a text"),
    "health_path": (_text, "a text"),
    "ready_path": (_text, "a text"),
    "requests": (_object, "an object"),
    "runs": (_number, "a number"),
    "peak": (_figures, "figures with median, min and max, or null"),
    "stages": (_list_of(_stage), "a list of stages with name and figures"),
    "load": (_figures, "figures with median, min and max, or null"),
    "timeline": (_list_of(_sample), "a list of samples, whose values are numbers or null"),
    "processes": (_list_of(_process), "a list of what each process holds"),
    "who": (_or_none(_who), "imports, mapped and allocations as `run` writes them, or null"),
    "malloc": (_or_none(_object), "an object or null"),
    "leak": (_or_none(_object), "an object or null"),
    "fit": (_or_none(_with({"limit_mib": _number})), "what `fit` writes, or null"),
    "died": (_or_none(_with(_DIED)), "where it died and why, or null"),
    "unstable": (_or_none(lambda value: isinstance(value, bool)), "true, false or null"),
    "not_measured": (_list_of(_text), "a list of texts"),
}


def wrong_field(source: Mapping[str, Any]) -> str | None:
    """`limit_mib is not a number or null` of the first field that is something else; None of none."""
    for name, (holds, what) in _FIELDS.items():
        if name in source and not holds(source[name]):
            return f"{name} is not {what}"
    return None
