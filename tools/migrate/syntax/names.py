"""What a name in a file stands for, also through the repository's own modules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import libcst as cst
from libcst.helpers import get_full_name_for_node
from libcst.metadata import QualifiedName, QualifiedNameSource

from tools.migrate.syntax.exports import LOCAL, exported, from_stars, possible_origins
from tools.migrate.syntax.file import PythonFile


@dataclass(frozen=True, slots=True)
class Reference:
    """A use of an imported thing: `node` is the name, or the dotted chain, as it is written."""

    node: cst.Name | cst.Attribute
    origin: str  # "langchain.memory.ConversationBufferMemory"
    ambiguous: bool  # another definition may be meant as well


def references(file: PythonFile, targets: Mapping[str, object]) -> list[Reference]:
    """Every use of one of `targets` (qualified names) in the file, in order; imports are no uses."""
    last_names = {target.rpartition(".")[2] for target in targets}
    found = []
    for node in chains(file, last_names | _other_names(file, last_names)):
        if possible_origins(file.project, file.path, _full_name(node)).isdisjoint(targets):
            continue
        origins = origins_of(file, node)
        hits = sorted(origin for origin in origins if origin in targets)
        if hits:
            known = all(origin in targets for origin in origins)
            found.append(Reference(node, hits[0], not known))
    return sorted(found, key=lambda reference: file.span(reference.node))


def chains(file: PythonFile, last_names: set[str]) -> list[cst.Name | cst.Attribute]:
    """The names and dotted chains in the file that end in one of `last_names` and are used."""
    found: list[cst.Name | cst.Attribute] = []
    found += [node for node in file.nodes(cst.Name) if node.value in last_names]
    found += [node for node in file.nodes(cst.Attribute) if node.attr.value in last_names]
    return [node for node in found if _is_use(file, node)]


def leftmost(node: cst.CSTNode) -> cst.CSTNode:
    """The node that a dotted chain begins with."""
    while isinstance(node, cst.Attribute):
        node = node.value
    return node


def origins_of(file: PythonFile, node: cst.CSTNode) -> frozenset[str]:
    """The qualified names that `node` may stand for; LOCAL for what the repository defines."""
    origins: set[str] = set()
    name = get_full_name_for_node(node)
    if name is None:
        return frozenset()
    for found in file.scope(node).get_qualified_names_for(node):
        origins.update(_follow(file, found))
    if not origins or origins == {f"builtins.{name}"}:
        origins = set(from_stars(file.project, file.path, name)) or origins
    return frozenset(origins)


def _full_name(node: cst.CSTNode) -> str:
    return get_full_name_for_node(node) or ""


def _follow(file: PythonFile, found: QualifiedName) -> Iterator[str]:
    if found.source is not QualifiedNameSource.IMPORT:
        yield found.name if found.source is QualifiedNameSource.BUILTIN else LOCAL
        return
    level = len(found.name) - len(found.name.lstrip("."))
    yield from exported(file.project, file.path, level, found.name.lstrip("."))


def _other_names(file: PythonFile, last_names: set[str]) -> set[str]:
    """The names that `last_names` are imported under (`import x as y`), in any scope."""
    found = set()
    for alias in file.nodes(cst.ImportAlias):
        if alias.asname is not None and isinstance(alias.asname.name, cst.Name):
            name = get_full_name_for_node(alias.name) or ""
            if name.rpartition(".")[2] in last_names:
                found.add(alias.asname.name.value)
    return found


def _is_use(file: PythonFile, node: cst.Name | cst.Attribute) -> bool:
    """Whether a name or chain stands for a value: not set, imported, a keyword or behind a dot."""
    parent = file.parent(node)
    if isinstance(parent, cst.Attribute):
        return parent.value is node
    if isinstance(parent, cst.Arg):
        return parent.value is node
    if isinstance(parent, (cst.ImportAlias, cst.ImportFrom, cst.AsName, cst.AssignTarget)):
        return False
    if isinstance(parent, (cst.ClassDef, cst.FunctionDef, cst.Param)):
        return getattr(parent, "name", None) is not node
    return True
