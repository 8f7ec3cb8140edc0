"""Whether a dictionary can forget an entry without the code noticing."""

from __future__ import annotations

import re

import libcst as cst
from libcst.helpers import get_full_name_for_node

from tools.migrate.memories.dictionaries import Dictionary
from tools.migrate.syntax.file import PythonFile

METHODS = frozenset({"get", "setdefault", "pop", "clear"})
_CACHE = re.compile(r"cache|lru|ttl|expir|weak|redis|shel(f|ve)", re.I)
_ASKING = frozenset({"get", "setdefault", "keys"})


def why_not(found: Dictionary) -> str | None:
    """What stands against a bound; None when the code cannot tell the difference."""
    if not found.values:
        return "where it is made cannot be seen"
    other = next((v for v in found.values if not _is_empty(v)), None)
    if other is not None:
        return f"it is made by {found.file.source(other)[:40]}"
    strange = next((use for use in found.uses if not _is_plain(found.file, use)), None)
    if strange is not None:
        return f"line {found.file.original_line(strange)} does more than look an entry up, set or delete it"
    if found.outside:
        return f"line {found.file.original_line(found.outside[0])} may reach it from outside"
    elsewhere = _other_file(found)
    if elsewhere is not None:
        return f"{elsewhere} uses it as well"
    if any(makes_defaults(value) for value in found.values):
        return None
    sure = next((use for use in found.uses if _expects_it(found, use)), None)
    if sure is not None:
        return f"line {found.file.original_line(sure)} expects the entry to be there"
    return None


def bounds_itself(found: Dictionary) -> bool:
    """Whether the code sees to it: a cache of its own, popitem, or a look at the length."""
    if any(isinstance(v, cst.Call) and _CACHE.search(_name(v.func)) for v in found.values):
        return True
    return any(_asks_for_room(found.file, use) for use in found.uses)


def _asks_for_room(file: PythonFile, use: cst.CSTNode) -> bool:
    parent = file.parent(use)
    if isinstance(parent, cst.Attribute):
        return parent.value is use and parent.attr.value == "popitem"
    call = file.parent(parent) if isinstance(parent, cst.Arg) else None
    measured = isinstance(call, cst.Call) and _name(call.func) == "len"
    return measured and call is not None and isinstance(file.parent(call), cst.Comparison)


def makes_defaults(value: cst.BaseExpression) -> bool:
    return isinstance(value, cst.Call) and _name(value.func) == "defaultdict"


def _is_empty(value: cst.BaseExpression) -> bool:
    """`{}`, `dict()`, `defaultdict(factory)`."""
    if isinstance(value, cst.Dict):
        return not value.elements
    if not isinstance(value, cst.Call):
        return False
    if _name(value.func) == "dict":
        return not value.args
    return makes_defaults(value) and len(value.args) == 1 and not value.args[0].star


def _is_plain(file: PythonFile, use: cst.CSTNode) -> bool:
    parent = file.parent(use)
    if isinstance(parent, cst.Subscript):
        return parent.value is use
    if isinstance(parent, cst.ComparisonTarget):
        return isinstance(parent.operator, cst.In | cst.NotIn)
    if isinstance(parent, cst.Attribute):
        call = file.parent(parent)
        if not isinstance(call, cst.Call) or parent.value is not use:
            return False
        asked = isinstance(file.parent(call), cst.ComparisonTarget) and parent.attr.value == "keys"
        return asked or parent.attr.value in METHODS
    call = file.parent(parent) if isinstance(parent, cst.Arg) else None
    return isinstance(call, cst.Call) and _name(call.func) == "len"


def _expects_it(found: Dictionary, use: cst.CSTNode) -> bool:
    """Whether the entry is looked up in a function that does not see to its being there."""
    file = found.file
    subscript = file.parent(use)
    if not isinstance(subscript, cst.Subscript) or not _is_read(file, subscript):
        return False
    unit = _function(file, use)
    if any(_catches(file, above) for above in file.ancestors(use)):
        return False
    return not any(
        _sees_to_it(file, other) for other in found.uses if _function(file, other) is unit
    )


def _sees_to_it(file: PythonFile, use: cst.CSTNode) -> bool:
    parent = file.parent(use)
    if isinstance(parent, cst.Subscript):
        return isinstance(file.parent(parent), cst.AssignTarget)
    if isinstance(parent, cst.Attribute):
        return parent.attr.value in _ASKING
    return isinstance(parent, cst.ComparisonTarget)


def _catches(file: PythonFile, above: cst.CSTNode) -> bool:
    """Whether it is a `try` that thinks of a key that is not there."""
    handlers = above.handlers if isinstance(above, cst.Try) else ()
    return any(h.type is not None and "KeyError" in file.source(h.type) for h in handlers)


def _is_read(file: PythonFile, subscript: cst.Subscript) -> bool:
    return not isinstance(file.parent(subscript), cst.AssignTarget)


def _function(file: PythonFile, node: cst.CSTNode) -> cst.CSTNode | None:
    return next((a for a in file.ancestors(node) if isinstance(a, cst.FunctionDef)), None)


def _other_file(found: Dictionary) -> str | None:
    """A file that may reach the dictionary: one that imports this one, or has such an attribute."""
    project, here = found.file.project, found.file.path
    name = found.name.rpartition(".")[2]
    dot = r"\." if "." in found.name else r"\b"
    word = re.compile(rf"{dot}{re.escape(name)}\b".encode())
    files = project.python() if "." in found.name else project.graph.importers.get(here, ())
    return next((str(p) for p in sorted(files) if p != here and word.search(project.read(p))), None)


def _name(node: cst.BaseExpression) -> str:
    return (get_full_name_for_node(node) or "").rpartition(".")[2]
