"""Which packages the code uses, by file and line; and which of these uses need torch."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from tools.migrate.parsed import (
    KEPT,
    imported_modules,
    imported_names,
    last_name,
    nodes,
    parse,
    qualified,
)
from tools.migrate.requirements.distributions import LANGCHAIN, PACKAGES, TORCH_CLASSES, UNSEEN
from tools.migrate.requirements.torch_through import torch_through
from tools.migrate.torch_users import TORCH_MODULES, torch_users

if TYPE_CHECKING:
    from tools.migrate.project import Project


@dataclass(frozen=True, slots=True)
class Use:
    """One import, and the package it needs. `what` is the import as a person would name it."""

    path: PurePosixPath
    line: int  # of the file as it was
    what: str
    package: str
    needs_torch: bool
    served: bool

    @property
    def place(self) -> str:
        return f"{self.path}:{self.line}"


def uses(project: Project, paths: Iterable[PurePosixPath]) -> list[Use]:
    """Every use in these files, in the staged state. Where nothing is served, all of it counts."""
    served = project.served() or frozenset(project.python())
    found = []
    for path in paths:
        if path.suffix == ".py" and path.name != "setup.py":  # runs while building, elsewhere
            tree = parse(project.read(path))
            for line, what, package, needs_torch in in_tree(tree) if tree else ():
                line = project.original_line(path, line)
                found.append(Use(path, line, what, package, needs_torch, path in served))
    wanted = set(paths)
    for user in torch_users(project):
        if user.path in wanted and user.path.suffix == ".ipynb":
            found += [
                Use(user.path, user.line, module, package_of(module), True, False)
                for module in user.modules
            ]
    found += [use for use in _left_embeddings(project, served) if use.path in wanted]
    return sorted(set(found), key=lambda use: (str(use.path), use.line, use.what))


def _left_embeddings(project: Project, served: frozenset[PurePosixPath]) -> Iterator[Use]:
    """What the rule `embeddings` did not convert, by its notes: it still loads torch."""
    for note in project.notes:
        path = PurePosixPath(note.path)
        left = note.rule == "embeddings" and note.kind in ("skipped", "refused")
        if left and path.suffix == ".py" and project.exists(path) and parse(project.read(path)):
            what = "an embedding model that was left as it is"
            yield Use(path, note.line or 1, what, "sentence-transformers", True, path in served)


def package_of(module: str) -> str:
    """The package that an imported module most likely comes from."""
    for name in (module, module.partition(".")[0]):
        if name in PACKAGES:
            return PACKAGES[name]
    return canonicalize_name(module.partition(".")[0])


def imports(tree: ast.Module) -> Iterator[tuple[str, int, tuple[str, ...]]]:
    """(module, line, names) of every absolute import."""
    for level, module, line, names in imported_modules(tree):
        if not level and module:
            yield module, line, names


# line, what, package, whether it needs torch
Found = tuple[int, str, str, bool]


@lru_cache(maxsize=KEPT)
def in_tree(tree: ast.Module) -> tuple[Found, ...]:
    return tuple(_found(tree))


def _found(tree: ast.Module) -> Iterator[Found]:
    referenced = _referenced(tree)
    for module, line, names in imports(tree):
        yield line, module, package_of(module), _needs_torch(module, names)
        if module in UNSEEN:
            yield line, module, UNSEEN[module], False
        for name in names:
            for unseen in (f"{module}:{name}", f"{module}.{name}"):
                if unseen in UNSEEN:
                    yield line, f"{module}.{name}", UNSEEN[unseen], False
            if module.startswith("langchain") and name in LANGCHAIN and name in referenced:
                yield line, name, LANGCHAIN[name], name in TORCH_CLASSES
    for line, name in _reached_by_module(tree):
        yield line, name, LANGCHAIN[name], name in TORCH_CLASSES
    for line, module in _imported_by_call(tree):
        yield line, module, package_of(module), _needs_torch(module, ())
    for line, what, package in torch_through(tree):
        yield line, what, package, True


def _reached_by_module(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """(line, class) of LangChain's classes that are reached as `module.Class` or by a star."""
    names = imported_names(tree)
    star = any(name.startswith("*langchain") for name in names)
    for node in nodes(tree):
        if isinstance(node, ast.Attribute) and node.attr in LANGCHAIN:
            if (qualified(node, names) or "").startswith("langchain"):
                yield node.lineno, node.attr
        elif isinstance(node, ast.Name) and star and node.id in LANGCHAIN.keys() - names.keys():
            yield node.lineno, node.id


def _imported_by_call(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """(line, module) of `importlib.import_module("…")` and `__import__("…")` of torch or its users."""
    for node in nodes(tree):
        if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            function = last_name(node.func)
            module = node.args[0].value
            called = function in ("import_module", "__import__") and isinstance(module, str)
            if called and str(module).partition(".")[0] in TORCH_MODULES:
                yield node.lineno, str(module)


def _needs_torch(module: str, names: tuple[str, ...]) -> bool:
    top = module.partition(".")[0]
    if top == "langchain_huggingface":
        return False  # by the class that is imported: some only call a remote model
    if top == "transformers" and names and all(_only_tokens(name) for name in names):
        return False
    return top in TORCH_MODULES


def _only_tokens(name: str) -> bool:
    """Whether a name of transformers works where torch is not installed."""
    return "Token" in name or name.endswith("Config") or name == "logging"


def _referenced(tree: ast.Module) -> set[str]:
    """Names that the code uses, under the name they were imported by.

    LangChain imports torch when such a class is made, so an import alone needs nothing.
    """
    local = {node.id for node in nodes(tree) if isinstance(node, ast.Name)}
    aliases = {
        alias.asname: alias.name
        for node in nodes(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.asname
    }
    return {aliases.get(name, name) for name in local}
