"""How the converted app is started and asked: found in its source, or said by the caller."""

from __future__ import annotations

import ast
import json
import re
import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from tools.migrate.project import Project
from tools.migrate.verify.environment import Environment
from vectorstore.commandline import CommandError

SERVERS = {"fastapi": "asgi", "starlette": "asgi", "quart": "asgi", "flask": "wsgi"}
CHAT_PATH = re.compile(r"chat|ask|predict|query|question|answer|message|get", re.I)
CHAT_KEY = re.compile(r"question|query|message|msg|prompt|text|input", re.I)
SECRET = re.compile(r"[A-Z][A-Z0-9_]*(KEY|TOKEN|SECRET)")


@dataclass(frozen=True)
class Probe:
    """A request that asks one question. `body` holds `{question}` where the question goes."""

    method: str
    path: str
    body: str

    @classmethod
    def parse(cls, text: str) -> Probe:
        """Read `POST /chat {"question": "{question}"}`."""
        parts = text.split(None, 2)
        if len(parts) != 3 or not parts[1].startswith("/") or "{question}" not in parts[2]:
            raise CommandError(
                f"--probe {text!r} cannot be read. Write it as"
                """ 'POST /chat {"question": "{question}"}', with {question} where the question goes."""
            )
        return cls(parts[0].upper(), parts[1], parts[2])

    def fill(self, question: str) -> str:
        return self.body.replace("{question}", json.dumps(question)[1:-1])

    def __str__(self) -> str:
        return f"{self.method} {self.path} {self.body}"


@dataclass(frozen=True)
class App:
    """A web app found in the source: `module:name`, started in `folder`."""

    folder: PurePosixPath
    module: str
    name: str
    kind: str  # "asgi" or "wsgi"
    file: PurePosixPath


def find_app(project: Project) -> App:
    """The app object to start: what a launch file names; else the one in the shortest path.

    Among equals app.py and main.py come first. Raises CommandError when there is none.
    """
    points = project.entry_points()
    launched = {(p.path, p.name) for p in points if p.kind == "launch" and p.name}
    kinds = [SERVERS[p.kind] for p in points if p.kind in SERVERS]
    found = [
        _app(project, point.path, point.name, SERVERS[point.kind])
        for point in points
        if point.kind in SERVERS and point.name and point.function is None
    ]
    made = {(app.file, app.name) for app in found}
    # A launch file may name what a factory made: the framework is then seen elsewhere.
    found += [
        _app(project, path, name, kinds[0])
        for path, name in sorted(launched - made)
        if kinds and name
    ]
    if not found:
        raise CommandError(
            "no FastAPI, Starlette, Quart or Flask app object was found at the top level of a module,"
            " so there is nothing to start. Name the command with --start, e.g."
            " --start 'uvicorn main:app --port $PORT', and a request with --probe."
        )
    first = ("app", "main", "server", "wsgi", "asgi")

    def rank(app: App) -> tuple[bool, int, bool, str]:
        named = (app.file, app.name) in launched
        return not named, len(app.file.parts), app.module not in first, str(app.file)

    return min(found, key=rank)


def _app(project: Project, path: PurePosixPath, name: str, kind: str) -> App:
    folder = project.app_root(path)
    module = ".".join(path.relative_to(folder).with_suffix("").parts)
    return App(folder, module, name, kind, path)


def start_command(app: App, environment: Environment, port: int) -> list[str]:
    """One worker on loopback, with a server that the environment has."""
    target = f"{app.module}:{app.name}"
    python = str(environment.python)
    if app.kind == "asgi":
        return [python, "-m", "uvicorn", target, "--host", "127.0.0.1", "--port", str(port)]
    if "gunicorn" in environment.packages:
        return [python, "-m", "gunicorn", "-w", "1", "-b", f"127.0.0.1:{port}", target]
    return [python, "-m", "flask", "--app", target, "run", "--port", str(port)]


def split_start(text: str, environment: Environment, port: int) -> list[str]:
    """The caller's own command, `$PORT` filled in, its program looked for in the environment."""
    words = shlex.split(text.replace("${PORT}", str(port)).replace("$PORT", str(port)))
    program = environment.python.parent / words[0]
    return [str(program) if program.exists() else words[0], *words[1:]]


def find_probe(copy: Path, app: App) -> Probe:
    """The route that takes a question: its path and the JSON or form key, read from the source.

    Raises CommandError when none is recognised.
    """
    tree = _parse(copy / app.file)
    for route in sorted(_routes(tree), key=lambda route: not CHAT_PATH.search(route[1])):
        method, path, function = route
        key = _question_key(function, tree)
        if key:
            return Probe(method, path, json.dumps({key: "{question}"}))
    raise CommandError(
        f"no route that takes a question was recognised in {app.file}. Say how to ask with"
        """ --probe 'POST /path {"key": "{question}"}'."""
    )


def secret_names(copy: Path, files: Iterable[PurePosixPath]) -> list[str]:
    """Names of the secrets that the served files read from the environment."""
    names: set[str] = set()
    for file in files:
        for node in ast.walk(_parse(copy / file)):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                names.update([node.value] if SECRET.fullmatch(node.value) else [])
    return sorted(names)


def _parse(file: Path) -> ast.Module:
    try:
        return ast.parse(file.read_bytes())
    except SyntaxError:
        return ast.Module([], [])  # the rewriting has already named it


Function = ast.FunctionDef | ast.AsyncFunctionDef


def _routes(tree: ast.Module) -> Iterator[tuple[str, str, Function]]:
    for node in ast.walk(tree):
        if not isinstance(node, Function):
            continue
        for decorator in node.decorator_list:
            if not (isinstance(decorator, ast.Call) and isinstance(decorator.func, ast.Attribute)):
                continue
            path = decorator.args[0] if decorator.args else None
            if isinstance(path, ast.Constant) and "post" in _methods(decorator):
                yield "POST", str(path.value), node


def _methods(decorator: ast.Call) -> set[str]:
    assert isinstance(decorator.func, ast.Attribute)
    if decorator.func.attr != "route":
        return {decorator.func.attr}
    listed = [k.value for k in decorator.keywords if k.arg == "methods"]
    return {
        str(item.value).lower()
        for value in listed
        for item in getattr(value, "elts", [])
        if isinstance(item, ast.Constant)
    }


def _question_key(function: Function, tree: ast.Module) -> str | None:
    """From `data.get("question")`, `data["question"]`, or a pydantic model's field."""
    constants = [
        node.value
        for node in ast.walk(function)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    fields = [
        statement.target.id
        for argument in function.args.args
        for model in ast.walk(tree)
        if isinstance(model, ast.ClassDef)
        and isinstance(argument.annotation, ast.Name)
        and model.name == argument.annotation.id
        for statement in model.body
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name)
    ]
    return next((key for key in [*fields, *constants] if CHAT_KEY.fullmatch(key)), None)
