"""How long an object lives: once for the whole process, or made anew for each visitor."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from tools.migrate.flows import Function
from tools.migrate.keepers import SESSION, is_singleton, kept_for_all, session_key
from tools.migrate.parsed import dotted, imported_modules, last_name, parse
from tools.migrate.project import Project

# A function so decorated runs once, or its value is kept.
ONCE = frozenset(
    {
        "on_event",
        "asynccontextmanager",
        "contextmanager",
        "cache",
        "lru_cache",
        "cache_resource",
        "before_first_request",
        "before_serving",
        "cached",
    }
)
CACHES = frozenset({"cache", "lru_cache", "cache_resource", "cached"})
DEEPEST = 12  # calls that are followed


@dataclass(frozen=True, slots=True)
class Place:
    """A node, the file that it is in, and the nodes around it, innermost first."""

    path: PurePosixPath
    node: ast.AST
    around: tuple[ast.AST, ...]


def places(project: Project, path: PurePosixPath) -> Iterator[Place]:
    """Every call in a file."""
    tree = parse(project.read(path))
    yield from _walk(path, tree) if tree else ()


def is_shared(project: Project, place: Place, depth: int = 0) -> bool:
    """Whether what is made there is made once and then serves every visitor of the served app."""
    function = next((n for n in place.around if isinstance(n, ast.Lambda | Function)), None)
    if is_keyed(place):
        return False
    if isinstance(function, ast.Lambda):
        return _is_shared_lambda(project, place, function, depth)
    if kept_for_all(place.node, place.around):
        return True
    unit = unit_of(place)
    if isinstance(unit, ast.ClassDef) and is_singleton(unit):
        return place.path in project.served()
    if unit is None:
        return place.path in project.served() and not reruns(project, place.path)
    if isinstance(unit, Function) and any(called_name(d) in ONCE for d in unit.decorator_list):
        return place.path in project.served()
    if depth == DEEPEST:
        return False
    calling = callers(project, place.path, unit.name)
    return any(is_shared(project, caller, depth + 1) for caller in calling)


def is_keyed(place: Place) -> bool:
    """Whether the code itself keeps one such object for each session: in a dictionary or a cache."""
    if session_key(place.node, place.around) is not None:
        return True
    for inner, outer in zip(place.around, place.around[1:], strict=False):
        if isinstance(inner, ast.Lambda) and isinstance(outer, ast.Call):
            return last_name(outer.func) in ("defaultdict", "SessionDict")
        if isinstance(inner, Function):
            break
    function = next((node for node in place.around if isinstance(node, Function)), None)
    if function is None or not any(called_name(d) in CACHES for d in function.decorator_list):
        return False
    given = function.args
    names = [a.arg for a in (*given.posonlyargs, *given.args, *given.kwonlyargs)]
    return any(SESSION.search(name) for name in names)


def _is_shared_lambda(project: Project, place: Place, node: ast.Lambda, depth: int) -> bool:
    """A lambda runs where it is called: known only when it has a name."""
    outer = place.around[place.around.index(node) + 1]
    names = [dotted(t) for t in outer.targets] if isinstance(outer, ast.Assign) else []
    calling = [c for name in names if name for c in callers(project, place.path, name)]
    return depth < DEEPEST and any(is_shared(project, caller, depth + 1) for caller in calling)


def _walk(path: PurePosixPath, tree: ast.Module) -> Iterator[Place]:
    # Not by recursion: a sum of a thousand texts is a thousand levels deep.
    waiting: list[tuple[ast.AST, tuple[ast.AST, ...]]] = [(tree, ())]
    while waiting:
        node, around = waiting.pop()
        if isinstance(node, ast.Call):
            yield Place(path, node, around)
        # A default is made once, where the function is defined.
        early = [*node.defaults, *node.kw_defaults] if isinstance(node, ast.arguments) else []
        inside = (node, *around)
        inner = [
            (child, around[1:] if child in early else inside)
            for child in ast.iter_child_nodes(node)
        ]
        waiting.extend(reversed(inner))


def unit_of(place: Place) -> Function | ast.ClassDef | None:
    """The outermost class or function that must be called for the place to run.

    A class body runs at import; a method runs for its object, so its class counts.
    """
    found: Function | ast.ClassDef | None = None
    for index, node in enumerate(place.around):
        if isinstance(node, Function):
            inside = place.around[index + 1 : index + 2]
            found = inside[0] if inside and isinstance(inside[0], ast.ClassDef) else node
    return found


def reruns(project: Project, path: PurePosixPath) -> bool:
    """Whether Streamlit runs the file again for every visitor and click, as a script.

    What another script imports runs once; a page may import the script that it belongs to.
    """
    if not any(e.path == path and e.kind == "streamlit" for e in project.entry_points()):
        return False
    importers = project.graph.importers.get(path, frozenset()) & project.served()
    return path.parent.name == "pages" or all(i.parent.name == "pages" for i in importers)


def callers(project: Project, path: PurePosixPath, name: str) -> Iterator[Place]:
    """The calls of a function or class of `path`, in it and in the files that import it."""
    for file, names in named_in(project, path, name):
        for place in places(project, file):
            if isinstance(place.node, ast.Call) and dotted(place.node.func) in names:
                yield place


def named_in(
    project: Project, path: PurePosixPath, name: str
) -> Iterator[tuple[PurePosixPath, set[str]]]:
    """The files that may use the thing `name` of `path`, and what each calls it."""
    yield path, {name}
    for importer in sorted(project.graph.importers.get(path, ())):
        tree = parse(project.read(importer))
        yield importer, set(_names_for(project, importer, path, name, tree)) if tree else set()


def _names_for(
    project: Project, importer: PurePosixPath, path: PurePosixPath, name: str, tree: ast.Module
) -> Iterator[str]:
    """What `importer` calls the thing `name` of `path`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            place = project.graph.resolve(importer, node.level, node.module or "")
            for alias in node.names:
                if place and place[0] == path and alias.name in (name, "*"):
                    yield alias.asname or name
                inner = f"{node.module}.{alias.name}" if node.module else alias.name
                module = project.graph.resolve(importer, node.level, inner)
                if module and module[0] == path:
                    yield f"{alias.asname or alias.name}.{name}"
        elif isinstance(node, ast.Import):
            for alias in node.names:
                place = project.graph.resolve(importer, 0, alias.name)
                if place and place[0] == path:
                    yield f"{alias.asname or alias.name}.{name}"


def called_name(decorator: ast.expr) -> str:
    """`cache` of `@functools.cache` and of `@functools.cache()`."""
    target = decorator.func if isinstance(decorator, ast.Call) else decorator
    return last_name(target)


def imports_module(tree: ast.Module, module: str) -> bool:
    """Whether a file imports a module, or something from it."""
    return any(not level and name == module for level, name, _, _ in imported_modules(tree))
