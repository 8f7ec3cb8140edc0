"""The attributes of objects of the repository's own classes."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from tools.migrate.constants.bindings import Binding, attributes, bindings
from tools.migrate.constants.calls import environment, returned
from tools.migrate.constants.objects import At, Defined, Function, Instance, Unclear
from tools.migrate.parsed import dotted

if TYPE_CHECKING:
    from tools.migrate.constants.reader import Reader

FIELDS = frozenset({"Field", "field", "pydantic.Field", "dataclasses.field"})


def attribute(reader: Reader, owner: Instance, text: str) -> object:
    """The value of an object's attribute, set by its class, its methods or the call that made it."""
    kind, at = owner.kind.node, owner.kind.at
    assert isinstance(kind, ast.ClassDef)
    inner = At(at.path, (kind, *at.scopes))
    if owner.made is not None:
        given = next((k.value for k in owner.made.call.keywords if k.arg == text), None)
        if given is not None and not _has_init(kind):
            return reader.value(given, owner.made.at)
    found = bindings(kind, text)
    if found and isinstance(found[-1], Function):
        return _method(reader, found[-1], owner, inner)
    set_here = [
        (value, At(at.path, (method, *inner.scopes), owner.made if _is_init(method) else None))
        for method, value in _told(attributes(kind, text), text)
    ]
    if set_here:
        return reader.agreed(f"{kind.name}.{text}", set_here)
    if found:
        return _field(reader, kind, text, found, inner)
    for base in kind.bases:
        try:
            parent = reader.value(base, at)
        except Unclear:
            continue
        if isinstance(parent, Defined) and isinstance(parent.node, ast.ClassDef):
            return attribute(reader, Instance(parent, owner.made), text)
    raise Unclear(f"{kind.name}.{text} is not set where it can be seen")


def _told(
    found: Iterator[tuple[Function, ast.expr | None]], text: str
) -> Iterator[tuple[Function, ast.expr]]:
    for method, value in found:
        if value is None:
            raise Unclear(f"{text} is not a constant")
        yield method, value


def _method(reader: Reader, method: Function, owner: Instance, inner: At) -> object:
    if any(dotted(d) in ("property", "cached_property") for d in method.decorator_list):
        return returned(reader, method, At(inner.path, (method, *inner.scopes)))
    return Defined(method, inner, owner)


def _field(
    reader: Reader, kind: ast.ClassDef, text: str, found: list[Binding], inner: At
) -> object:
    """The default of a class attribute, of a dataclass's or of a pydantic model's field."""
    value = found[-1]
    if isinstance(value, ast.Call) and dotted(value.func) in FIELDS:
        given = next((k.value for k in value.keywords if k.arg == "default"), None)
        value = given or (value.args[0] if value.args else None)
    if not isinstance(value, ast.expr):
        raise Unclear(f"{kind.name}.{text} is not a constant")
    told = reader.value(value, inner)
    settings = any("BaseSettings" in (dotted(base) or "") for base in kind.bases)
    return environment(reader, text.upper(), inner, told) if settings else told


def _has_init(kind: ast.ClassDef) -> bool:
    return any(isinstance(node, Function) and _is_init(node) for node in kind.body)


def _is_init(method: Function) -> bool:
    return method.name == "__init__"
