"""The name of the model that a call loads, as far as the source and its settings files tell."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import suppress

import libcst as cst
from libcst.metadata import Assignment

from tools.migrate.constants.committed_settings import contents
from tools.migrate.constants.objects import Opened, Unclear
from tools.migrate.local_model.loaders import Loader
from tools.migrate.project import Project
from tools.migrate.syntax.calls import keyword, positional
from tools.migrate.syntax.file import PythonFile
from tools.migrate.syntax.values import Known, evaluate

LARGEST = 100_000  # bytes of a settings file


def model_arguments(call: cst.Call, loader: Loader) -> list[cst.BaseExpression]:
    """The arguments that name the model, the most telling first."""
    given = positional(call)
    by_keyword = [argument.value for name in loader.names if (argument := keyword(call, name))]
    return [*by_keyword, *(given[at].value for at in loader.positions if at < len(given))]


def text_of(file: PythonFile, node: cst.BaseExpression) -> str | None:
    """The text that the expression is, or holds as its telling part; None when it cannot be told."""
    value = evaluate(file, node)
    if isinstance(value, Known):
        return value.value if isinstance(value.value, str) else None
    default = _default(file, node)
    if default is not None:
        return text_of(file, default)
    tree = ast.parse(f"({file.source(node)}\n)", mode="eval").body
    key = _key(tree)
    if key is not None:
        return _in_settings(file.project, key)
    parts = [n.value for n in ast.walk(tree) if isinstance(n, ast.Constant)]
    return next((part for part in reversed(parts) if isinstance(part, str)), None)


def _default(file: PythonFile, node: cst.BaseExpression) -> cst.BaseExpression | None:
    """The default of the function's parameter that `node` names."""
    if not isinstance(node, cst.Name):
        return None
    for assignment in file.scope(node)[node.value]:
        if isinstance(assignment, Assignment) and isinstance(assignment.node, cst.Param):
            return assignment.node.default
    return None


def _key(node: ast.expr) -> str | None:
    """ "model" of `config["llm"]["model"]` and `config.get("model")`."""
    if isinstance(node, ast.Subscript):
        key: ast.expr | None = node.slice
    elif isinstance(node, ast.Call) and getattr(node.func, "attr", None) == "get":
        key = node.args[0] if node.args else None
    else:
        key = None
    return key.value if isinstance(key, ast.Constant) and isinstance(key.value, str) else None


def _in_settings(project: Project, key: str) -> str | None:
    """The text that the repository's YAML and JSON files give to a key, when all agree."""
    found = {value for data in _settings(project) for value in _values(data, key)}
    return found.pop() if len(found) == 1 else None


def _settings(project: Project) -> Iterator[object]:
    for path in project.paths():
        if path.suffix in {".yaml", ".yml", ".json"} and len(project.read(path)) <= LARGEST:
            with suppress(Unclear):
                yield contents(project, Opened(path))


def _values(data: object, key: str) -> Iterator[str]:
    if isinstance(data, dict):
        if isinstance(data.get(key), str):
            yield data[key]
        data = list(data.values())
    if isinstance(data, list):
        for inner in data:
            yield from _values(inner, key)
