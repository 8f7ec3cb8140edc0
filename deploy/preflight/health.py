"""A health path that loads the model, or asks it: hosts restart what does not answer within 5 s."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from deploy.preflight.context import Context
from deploy.problem import Problem, error, warning
from deploy.python_nodes import nodes_of

# What a function calls that takes seconds.
HEAVY = {"invoke", "ainvoke", "embed_query", "embed_documents", "encode", "similarity_search"}
HEAVY |= {
    "from_pretrained",
    "load_local",
    "HuggingFaceEmbeddings",
    "SentenceTransformer",
    "predict",
}


def check(context: Context) -> Iterator[Problem]:
    path = context.plan.health.value
    if not context.plan.web:
        return
    if path is None:
        message = "no health path: a host sees only that the port is open. `tools.migrate` adds one"
        yield warning("health", context.plan.health.source, message)
        return
    for file in context.repository.served:
        if file.suffix == ".py" and path in (text := context.repository.text(file) or ""):
            for function in _handlers(text, path):
                for name in sorted(_calls(function) & HEAVY):
                    yield error(
                        "health",
                        f"{file}:{function.lineno}",
                        f"{path} calls {name}(): a host asks it every few seconds and waits 5 s at"
                        " most. Answer without the model",
                    )


def _handlers(text: str, path: str) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """The functions with a decorator that names the path."""
    for node in nodes_of(text):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            values = (n for decorator in node.decorator_list for n in ast.walk(decorator))
            if any(isinstance(n, ast.Constant) and n.value == path for n in values):
                yield node


def _calls(function: ast.AST) -> set[str]:
    calls = (node.func for node in ast.walk(function) if isinstance(node, ast.Call))
    return {getattr(call, "attr", getattr(call, "id", "")) for call in calls}
