"""Objects of which the code keeps one for each session, itself or inside of what it keeps."""

from __future__ import annotations

import ast

from tools.migrate.flows import Function
from tools.migrate.keepers import is_singleton, kept_for_all
from tools.migrate.lifetime import (
    DEEPEST,
    ONCE,
    Place,
    called_name,
    callers,
    is_keyed,
    named_in,
    places,
    unit_of,
)
from tools.migrate.parsed import dotted
from tools.migrate.project import Project


def is_kept_per_key(project: Project, place: Place, depth: int = 0) -> bool:
    """Whether each session has its own: `bots[phone] = Bot()`, where Bot makes it."""
    if is_keyed(place):
        return True
    unit = _made_anew(place)
    if unit is None or depth == DEEPEST or kept_for_all(place.node, place.around):
        return False
    served = project.served()
    calling = [c for c in callers(project, place.path, unit.name) if c.path in served]
    if not calling and not _is_factory(project, place, unit.name):
        return False
    return all(is_kept_per_key(project, caller, depth + 1) for caller in calling)


def _made_anew(place: Place) -> Function | ast.ClassDef | None:
    """The class or function that makes one whenever it is called."""
    inner = next((n for n in place.around if isinstance(n, ast.Lambda | Function)), None)
    if isinstance(inner, ast.Lambda):
        return _of_default(place, inner)
    if inner is None or any(called_name(d) in ONCE for d in inner.decorator_list):
        return None
    unit = unit_of(place)
    return None if isinstance(unit, ast.ClassDef) and is_singleton(unit) else unit


def _of_default(place: Place, inner: ast.Lambda) -> ast.ClassDef | None:
    """The class of `memory: Memory = field(default_factory=lambda: …)`."""
    outer = place.around[place.around.index(inner) + 1 :]
    default = isinstance(outer[0], ast.keyword) and outer[0].arg == "default_factory"
    return next((n for n in outer if isinstance(n, ast.ClassDef)), None) if default else None


def _is_factory(project: Project, place: Place, name: str) -> bool:
    """`defaultdict(Bot)`"""
    return any(
        isinstance(found.node, ast.Call)
        and called_name(found.node) == "defaultdict"
        and any(dotted(given) in names for given in found.node.args[:1])
        for file, names in named_in(project, place.path, name)
        if file in project.served()
        for found in places(project, file)
    )
