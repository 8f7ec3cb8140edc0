"""The routes of an app, and the name under which each of them takes a question."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal

from tools.migrate.parsed import dotted, last_name, parse
from tools.migrate.project import Project

CHAT_PATH = re.compile(r"chat|ask|predict|query|question|answer|message|get", re.I)
CHAT_KEY = re.compile(r"(user_?)?(question|query|message|msg|prompt|text|input)", re.I)
PREFIXES = ("prefix", "url_prefix")
INCLUDING = ("include_router", "register_blueprint")
ROUTERS = frozenset({"APIRouter", "Blueprint"})
Function = ast.FunctionDef | ast.AsyncFunctionDef
Where = Literal["json", "form", "query"]


@dataclass(frozen=True, slots=True)
class Route:
    """One route. `key` is what the question is called in `where`; None: it takes none."""

    method: str
    path: str
    key: str | None
    where: Where = "json"

    @property
    def chats(self) -> bool:
        """Whether its path sounds as if it answered questions."""
        return CHAT_PATH.search(self.path) is not None


def routes(project: Project, path: PurePosixPath) -> Iterator[Route]:
    """The routes of the app in `path` and of the routers that it imports."""
    trees = [
        tree
        for reached in [path, *sorted(project.graph.reached(path) - {path})]
        if project.exists(reached) and (tree := parse(project.read(reached)))
    ]
    prefixes = _given_prefixes(trees)
    for tree in trees:
        own = _own_prefixes(tree)
        for owner, method, where, function in _decorated(tree):
            prefix = prefixes.get(owner, "") + own.get(owner, "")
            if "{" not in where and "<" not in where:
                key, place = question_key(function, trees, method)
                yield Route(method, prefix + where, key, place)


def question_key(
    function: Function, trees: list[ast.Module], method: str
) -> tuple[str | None, Where]:
    """From a parameter, a pydantic model's field, `request.form["msg"]` or `data.get("question")`."""
    for argument in [*function.args.args, *function.args.kwonlyargs]:
        annotation = argument.annotation
        if isinstance(annotation, ast.Name) and annotation.id != "str":
            field = next(_fields(annotation.id, trees), None)
            if field:
                return field, "json"
        elif annotation is not None and CHAT_KEY.fullmatch(argument.arg):
            return argument.arg, "form" if _is_form(function, argument) else "query"
    texts = [node.value for node in ast.walk(function) if isinstance(node, ast.Constant)]
    keys = [text for text in texts if isinstance(text, str) and CHAT_KEY.fullmatch(text)]
    return (keys[0], _read_from(function, method)) if keys else (None, "json")


def _decorated(tree: ast.Module) -> Iterator[tuple[str, str, str, Function]]:
    """(router, method, path, function) of GET and POST routes made by a decorator."""
    for node in ast.walk(tree):
        if not isinstance(node, Function):
            continue
        for decorator in node.decorator_list:
            if isinstance(decorator, ast.Call) and isinstance(decorator.func, ast.Attribute):
                path = _path(decorator)
                for method in ("POST", "GET") if path is not None else ():
                    if method.lower() in _methods(decorator, decorator.func.attr):
                        owner = dotted(decorator.func.value) or ""
                        yield owner.rpartition(".")[2], method, path or "", node


def _path(decorator: ast.Call) -> str | None:
    given = [*decorator.args[:1], *(k.value for k in decorator.keywords if k.arg == "path")]
    value = given[0].value if given and isinstance(given[0], ast.Constant) else None
    return value if isinstance(value, str) else None


def _methods(decorator: ast.Call, called: str) -> set[str]:
    if called not in ("route", "api_route"):
        return {called}
    listed = next((k.value for k in decorator.keywords if k.arg == "methods"), None)
    if listed is None:
        return {"get"}
    return {str(n.value).lower() for n in ast.walk(listed) if isinstance(n, ast.Constant)}


def _fields(model: str, trees: list[ast.Module]) -> Iterator[str]:
    for tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef) and node.name == model:
                for statement in node.body:
                    target = getattr(statement, "target", None)
                    if isinstance(target, ast.Name) and CHAT_KEY.fullmatch(target.id):
                        yield target.id


def _is_form(function: Function, argument: ast.arg) -> bool:
    """Whether the parameter's default is `Form(…)`."""
    takes = function.args
    names = reversed([a.arg for a in takes.args])
    default = dict(zip(names, reversed(takes.defaults), strict=False)).get(argument.arg)
    parts = [part for part in (default, argument.annotation) if part is not None]
    return any(getattr(n, "id", None) == "Form" for part in parts for n in ast.walk(part))


def _read_from(function: Function, method: str) -> Where:
    attributes = {n.attr for n in ast.walk(function) if isinstance(n, ast.Attribute)}
    if attributes & {"form", "values"}:
        return "form" if method == "POST" else "query"
    return "query" if attributes & {"args", "query_params"} else "json"


def _own_prefixes(tree: ast.Module) -> dict[str, str]:
    """Variable -> prefix, of `router = APIRouter(prefix="/api")`."""
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            maker = last_name(node.value.func)
            target = node.targets[0]
            if maker in ROUTERS and isinstance(target, ast.Name):
                found[target.id] = _prefix(node.value)
    return found


def _given_prefixes(trees: list[ast.Module]) -> dict[str, str]:
    """Variable -> prefix, of `app.include_router(router, prefix="/api")`."""
    found = {}
    for node in (n for tree in trees for n in ast.walk(tree)):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", None) in INCLUDING:
            name = last_name(node.args[0]) if node.args else ""
            found[name] = _prefix(node)
    return found


def _prefix(call: ast.Call) -> str:
    given = (k.value for k in call.keywords if k.arg in PREFIXES)
    return next((str(v.value) for v in given if isinstance(v, ast.Constant) and v.value), "")
