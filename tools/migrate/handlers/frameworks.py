"""Which functions a framework calls: routes, views, message handlers, events, scripts that rerun."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from tools.migrate.flows import Function
from tools.migrate.handlers.definitions import Definition, Definitions, methods
from tools.migrate.lifetime import reruns
from tools.migrate.parsed import dotted, imported_names, nodes, parse, qualified
from tools.migrate.project import Project

REQUEST, MESSAGE, CHAT, EVENT, RERUN, VISITOR = (
    "for each request",
    "for each message",
    "for each chat",
    "for each event",
    "whenever the script runs",
    "for each visitor",
)
_VERBS = ("route", "get", "post", "put", "patch", "delete", "api_route", "websocket", "page")
_HOOKS = ("before_request", "after_request", "middleware", "errorhandler", "exception_handler")
_TELEGRAM = ("message_handler", "callback_query_handler", "message", "callback_query")
# What the last name of a decorator says.
DECORATORS = {
    **dict.fromkeys((*_VERBS, *_HOOKS, "api_view"), REQUEST),
    **dict.fromkeys(("on_message", "action_callback", "event", "on", *_TELEGRAM), MESSAGE),
    **dict.fromkeys(("on_chat_start", "on_chat_resume", "on_settings_update"), CHAT),
}
# Calls that are given the function, by the whole name …
REGISTERING = {
    "django.urls.path": REQUEST,
    "django.urls.re_path": REQUEST,
    "django.conf.urls.url": REQUEST,
    "fastapi.Depends": REQUEST,
    "fastapi.Security": REQUEST,
    "starlette.routing.Route": REQUEST,
    "gradio.Interface": EVENT,
    "gradio.ChatInterface": EVENT,
    "gradio.on": EVENT,
}
# … or by its last name, where the module is imported, here or by what is imported ("": anywhere).
METHODS = {
    "": dict.fromkeys(("add_url_rule", "add_api_route", "add_route"), REQUEST)
    | dict.fromkeys(("register_message_handler", "register_callback_query_handler"), MESSAGE),
    "gradio": dict.fromkeys(
        ("change", "clear", "click", "input", "load", "select", "submit", "success", "then")
        + ("tick", "upload"),
        EVENT,
    ),
}
# What the name of a class ends with whose methods answer requests.
VIEWS = ("Consumer", "HTTPEndpoint", "RequestHandler", "Resource", "View", "ViewSet")


@dataclass(frozen=True, slots=True)
class Handler:
    """What runs again and again: a function, or a script from its first line."""

    path: PurePosixPath
    line: int
    name: str
    when: str


def handlers(project: Project, definitions: Definitions) -> Iterator[tuple[Definition, Handler]]:
    """Everything that a framework runs for a visitor."""
    for path in sorted(project.served()):
        tree = parse(project.read(path))
        if tree is None:
            continue
        if reruns(project, path):
            yield Definition(path, tree), Handler(path, 1, "", RERUN)
        known = _known(project, path)
        for found, when in (
            *_decorated(path, tree, known),
            *_registered(path, tree, definitions, known),
        ):
            yield found, Handler(found.path, found.line, found.name, when)


def _decorated(
    path: PurePosixPath, tree: ast.Module, known: dict[str, str]
) -> Iterator[tuple[Definition, str]]:
    for node in nodes(tree):
        if isinstance(node, Function):
            for decorator in node.decorator_list:
                when = _when(decorator, known)
                if when:
                    yield Definition(path, node), when
        elif isinstance(node, ast.ClassDef) and _is_view(node):
            yield from ((method, REQUEST) for method in methods(Definition(path, node)))


def _is_view(node: ast.ClassDef) -> bool:
    return any((dotted(base) or "").endswith(VIEWS) for base in node.bases)


def _when(decorator: ast.expr, known: dict[str, str]) -> str | None:
    call = decorator.func if isinstance(decorator, ast.Call) else decorator
    owner, _, name = (dotted(call) or "").rpartition(".")
    if name in _VERBS and not (owner and isinstance(decorator, ast.Call)):
        return None  # `@get` or `@x.delete` alone is no route
    return DECORATORS.get(name) or known.get(name)


def _known(project: Project, path: PurePosixPath) -> dict[str, str]:
    """The methods that register a function, as far as the file can have such objects."""
    trees = [parse(project.read(other)) for other in project.graph.reached(path)]
    modules = {name.partition(".")[0] for t in trees if t for name in imported_names(t).values()}
    found = [methods for module, methods in METHODS.items() if module in {"", *modules}]
    return {name: when for methods in found for name, when in methods.items()}


def _registered(
    path: PurePosixPath, tree: ast.Module, definitions: Definitions, known: dict[str, str]
) -> Iterator[tuple[Definition, str]]:
    names = imported_names(tree)
    for node in nodes(tree):
        if isinstance(node, ast.Call):
            full = qualified(node.func, names) or ""
            when = REGISTERING.get(full)
            if full.startswith("telegram.ext.") and full.endswith("Handler"):
                when = MESSAGE
            if when is None and isinstance(node.func, ast.Attribute):
                when = known.get(node.func.attr)
            if when:
                yield from ((found, when) for found in _given(path, node, definitions))


def _given(path: PurePosixPath, call: ast.Call, definitions: Definitions) -> Iterator[Definition]:
    """The functions of the repository that a call is given, `View.as_view()` included."""
    for argument in (*call.args, *(keyword.value for keyword in call.keywords)):
        for node in ast.walk(argument):
            name = dotted(node) or ""
            if isinstance(node, (ast.Name, ast.Attribute)) and not name.startswith("self."):
                for found in definitions.resolve(path, name.removesuffix(".as_view")):
                    is_class = isinstance(found.node, ast.ClassDef)
                    yield from methods(found) if is_class else [found]
