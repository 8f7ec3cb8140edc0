"""`dotenv_values` reads the file `.env` alone: no host has it, and a variable set there is not seen."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from deploy.preflight.context import Context
from deploy.problem import Problem, error
from deploy.python_nodes import nodes_of

NAME = "dotenv_values"


def check(context: Context) -> Iterator[Problem]:
    for file in context.repository.served:
        text = (context.repository.text(file) or "") if file.suffix == ".py" else ""
        for line in _lines(text) if NAME in text else ():
            message = (
                f"{NAME} reads the file .env, which is on no host: variables set there are not seen"
            )
            advice = "load_dotenv() and os.environ read both"
            yield error("environment_file", f"{file}:{line}", f"{message}. {advice}")


def _lines(text: str) -> Iterator[int]:
    """Where it is called, and the environment is not put over what it returns."""
    nodes = nodes_of(text)
    over = {id(inner) for node in nodes if _reads_both(node) for inner in ast.walk(node)}
    for node in nodes:
        called = isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] == NAME
        if isinstance(node, ast.Call) and called and id(node) not in over:
            yield node.lineno


def _reads_both(node: ast.AST) -> bool:
    """`{**dotenv_values(), **os.environ}`, or the same by `|`."""
    if not isinstance(node, ast.Dict | ast.BinOp):
        return False
    return any(getattr(n, "attr", getattr(n, "id", "")) == "environ" for n in ast.walk(node))
