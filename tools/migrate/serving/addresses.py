"""Where code that starts its server itself listens: a host reaches no app on 127.0.0.1."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from pathlib import PurePosixPath

from tools.migrate.parsed import imported_names, nodes, parse, qualified
from tools.migrate.project import Project
from tools.migrate.serving.asked_names import READERS

LOCAL = ("127.0.0.1", "localhost", None)  # None: each of them listens there if nothing is said
UVICORN = frozenset({"uvicorn.run", "uvicorn.Config", "uvicorn.config.Config"})
RUN_BY = re.compile(r"(?:.*_)?(?:app|application|server|socketio)", re.I)
GRADIO = "GRADIO_SERVER_NAME"


def local_address(project: Project, framework: str, path: PurePosixPath) -> tuple[str, ...] | None:
    """What the first call that starts a server says of its address; None where none does.

    () is an address that a host reaches, ("file:line",) is 127.0.0.1 and ("file:line", "VARIABLE")
    is so unless that variable is set.
    """
    tree = parse(project.read(path)) or ast.Module([], [])
    imported = imported_names(tree)
    for node in nodes(tree):
        if not isinstance(node, ast.Call):
            continue
        name = _keyword(node, qualified(node.func, imported), framework)
        if name is None:
            continue
        if any(keyword.arg is None for keyword in node.keywords):
            return ()  # nobody can tell
        said = [keyword.value for keyword in node.keywords if keyword.arg == name]
        said += _positional(node, framework)
        place = f"{path}:{node.lineno}"
        if not said:
            return (place, GRADIO) if framework == "gradio" else (place,)
        return _said(said[0], tree, imported, place)
    return None


def _said(
    node: ast.expr, tree: ast.Module, imported: Mapping[str, str], place: str
) -> tuple[str, ...]:
    if isinstance(node, ast.Name):
        given = [
            statement.value
            for statement in tree.body
            if isinstance(statement, ast.Assign)
            and any(isinstance(t, ast.Name) and t.id == node.id for t in statement.targets)
        ]
        node = given[-1] if given else node
    if isinstance(node, ast.Constant):
        return (place,) if node.value in LOCAL else ()
    if isinstance(node, ast.Call) and qualified(node.func, imported) in READERS:
        values = [arg.value for arg in node.args if isinstance(arg, ast.Constant)]
        if len(values) == 2 and values[1] in LOCAL:
            return place, str(values[0])
    return ()


def _keyword(call: ast.Call, called: str | None, framework: str) -> str | None:
    """What the address is called in a call that starts a server."""
    if called in UVICORN:
        return "host"
    if not isinstance(call.func, ast.Attribute):
        return None
    if framework == "gradio" and call.func.attr == "launch":
        return "server_name"
    owner = call.func.value
    if framework in ("flask", "quart") and call.func.attr == "run" and isinstance(owner, ast.Name):
        return "host" if RUN_BY.fullmatch(owner.id) else None
    return None


def _positional(call: ast.Call, framework: str) -> list[ast.expr]:
    """`app.run(host, port)` and `socketio.run(app, host, port)`."""
    if framework not in ("flask", "quart") or not isinstance(call.func, ast.Attribute):
        return []
    owner = getattr(call.func.value, "id", "")
    if owner == "uvicorn":
        return []
    first = 1 if owner.lower().endswith("socketio") else 0
    return call.args[first : first + 1]
