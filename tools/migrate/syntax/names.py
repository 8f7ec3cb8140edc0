"""What a name in a file stands for, also through the repository's own modules."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

import libcst as cst
from libcst.helpers import get_full_name_for_node
from libcst.metadata import QualifiedName, QualifiedNameSource

from tools.migrate.parsed import parse
from tools.migrate.project import Project
from tools.migrate.syntax.file import PythonFile

LOCAL = "<here>"  # origin of a name that the repository's own code defines


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
        origins = set(_from_stars(file, name)) or origins
    return frozenset(origins)


def _follow(file: PythonFile, found: QualifiedName) -> Iterator[str]:
    if found.source is not QualifiedNameSource.IMPORT:
        yield found.name if found.source is QualifiedNameSource.BUILTIN else LOCAL
        return
    level = len(found.name) - len(found.name.lstrip("."))
    yield from exported(file.project, file.path, level, found.name.lstrip("."))


def exported(
    project: Project,
    path: PurePosixPath,
    level: int,
    name: str,
    seen: frozenset[tuple[PurePosixPath, str]] = frozenset(),
) -> set[str]:
    """What "module.name", imported in `path`, stands for in the end."""
    parts = name.split(".")
    # The longest beginning that is a module of the repository; the rest is looked up in it.
    for size in range(len(parts) - 1, 0 if not level else -1, -1):
        place = project.graph.resolve(path, level, ".".join(parts[:size]))
        if place is not None:
            return _in_module(project, place[0], parts[size:], seen)
    return {name} if not level else {LOCAL}


def _in_module(
    project: Project,
    module: PurePosixPath,
    names: list[str],
    seen: frozenset[tuple[PurePosixPath, str]],
) -> set[str]:
    """What `names[0].names[1]…` stands for at the top level of a module of the repository."""
    tree = parse(project.read(module))
    key = (module, ".".join(names))
    if tree is None or key in seen:
        return {LOCAL}
    rest = names[1:]
    origins: set[str] = set()
    for level, origin in bindings(tree).get(names[0], ()):
        if origin is None:
            origins.add(LOCAL)
        else:
            origins |= exported(project, module, level, ".".join([origin, *rest]), seen | {key})
    if not origins:
        for level, star in stars(tree):
            origins |= exported(project, module, level, ".".join([star, *names]), seen | {key})
    return origins or {LOCAL}


def bindings(tree: ast.Module) -> dict[str, list[tuple[int, str | None]]]:
    """Top-level name -> (level, imported thing), or (0, None) for what is defined there."""
    found: dict[str, list[tuple[int, str | None]]] = {}
    for node in _top_level(tree.body):
        if isinstance(node, ast.Import):
            for alias in node.names:
                name = alias.asname or alias.name.partition(".")[0]
                found.setdefault(name, []).append((0, alias.name if alias.asname else name))
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                origin = f"{node.module}.{alias.name}" if node.module else alias.name
                found.setdefault(alias.asname or alias.name, []).append((node.level, origin))
        else:
            for name in _defined(node):
                found.setdefault(name, []).append((0, None))
    return found


def stars(tree: ast.Module) -> list[tuple[int, str]]:
    """(level, module) of every star import at the top level."""
    return [
        (node.level, node.module or "")
        for node in _top_level(tree.body)
        if isinstance(node, ast.ImportFrom) and node.names[0].name == "*"
    ]


def _from_stars(file: PythonFile, name: str) -> Iterator[str]:
    """What a name that the file does not define may be, by its star imports."""
    tree = parse(file.project.read(file.path))
    for level, module in stars(tree) if tree else ():
        origins = exported(file.project, file.path, level, f"{module}.{name}" if module else name)
        yield from origins - {LOCAL}


def _top_level(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements that run when the module is imported, those in if, try and with included."""
    for node in body:
        yield node
        if isinstance(node, (ast.If, ast.Try, ast.With, ast.For, ast.While)):
            yield from _top_level(node.body)
            yield from _top_level(getattr(node, "orelse", []))
            yield from _top_level(getattr(node, "finalbody", []))
            for handler in getattr(node, "handlers", []):
                yield from _top_level(handler.body)


def _defined(node: ast.stmt) -> Iterator[str]:
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        yield node.name
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    for target in targets:
        yield from (n.id for n in ast.walk(target) if isinstance(n, ast.Name)) if target else ()


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
