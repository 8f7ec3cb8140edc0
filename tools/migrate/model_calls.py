"""Finds calls of the language model, and those whose errors nothing catches."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from tools.migrate.flows import Function
from tools.migrate.lifetime import Place, places
from tools.migrate.llm_clients import ARGUMENTS, WITHOUT
from tools.migrate.parsed import dotted, imported_names, last_name, parse, qualified
from tools.migrate.project import Project
from tools.migrate.runtime.model_errors import CLIENTS
from tools.migrate.unanswered import STREAMS, Unanswered, is_handed_to_response, is_streamed

OWNER = re.compile(r"chain|llm|agent|qa\b|qa_|model|conv|rag\b|rag_", re.I)
METHODS = frozenset(
    ["invoke", "ainvoke", "run", "arun", "predict", "apredict", "acall", "stream", "astream"]
)
# Names that other things have as well, such as the client of a chat network.
CLIENT = re.compile(r"client|bot\b|openai|groq|ollama|model|chain|llm|agent", re.I)
CLIENT_METHODS = frozenset(["invoke", "chat", "generate_content", "generate_content_async"])
COMPLETIONS = re.compile(r"(?:completions|messages|ChatCompletion|responses)\.a?create$")
EVERY = frozenset({"Exception", "BaseException"})
LONGEST = 60  # characters of what a note says is called
_CLIENTS = (*ARGUMENTS, *WITHOUT)
# LangChain's own packages hold much more than clients, so there the class must be one.
_MANY = frozenset(
    ["langchain", "langchain_community", "langchain_classic", "langchain_huggingface"]
    + ["huggingface_hub", "google"]
)
_PACKAGES = frozenset(name.partition(".")[0] for name in _CLIENTS) - _MANY


@dataclass(frozen=True, slots=True)
class ModelCall:
    """A call of a model, as it is written."""

    path: PurePosixPath
    line: int
    function: str
    unanswered: str = ""  # why no handler of the app can answer its error


def uses_remote_model(project: Project, paths: Iterable[PurePosixPath]) -> bool:
    """Whether one of the files imports a client of a model behind a network."""
    for path in paths:
        tree = parse(project.read(path))
        for name in imported_names(tree).values() if tree else ():
            if name in _CLIENTS or name.partition(".")[0] in _PACKAGES or _is_google(name):
                return True
    return False


def uses_model(project: Project, paths: Iterable[PurePosixPath]) -> bool:
    """Whether one of the files imports LangChain or a client of a model behind a network."""
    paths = list(paths)
    trees = [parse(project.read(path)) for path in paths]
    names = [name for tree in trees if tree for name in imported_names(tree).values()]
    return uses_remote_model(project, paths) or any(n.startswith("langchain") for n in names)


def _is_google(name: str) -> bool:
    return name.startswith(("google.genai", "google.generativeai"))


def unprotected_calls(project: Project, paths: Iterable[PurePosixPath]) -> list[ModelCall]:
    """The calls outside of every try, also of the functions that call them by name."""
    paths = sorted(paths)
    scripts = {e.path for e in project.entry_points() if e.kind == "streamlit"}
    tried = [place for path in paths for place in _called_in_try(project, path)]
    protected = {_name(place) for place in tried}
    # A generator runs when the try around `Response(generator())` is left.
    run = {_name(place) for place in tried if not is_handed_to_response(place)}
    unanswered = Unanswered(project, paths)
    return [
        ModelCall(place.path, place.node.lineno, shown(place.node), unanswered.why(place))
        for path in paths
        for place in places(project, path)
        if isinstance(place.node, ast.Call)
        and is_model_call(place.node)
        and (_in_a_function(place) or place.path in scripts)
        and not _in_try(project, place)
        and (run if is_streamed(place) else protected).isdisjoint(_functions(place))
    ]


def is_model_call(call: ast.Call) -> bool:
    """Whether the names of a call say that it asks a model."""
    name = _names(call.func)
    owner, _, method = name.rpartition(".")
    if COMPLETIONS.search(name):
        return True
    if method in METHODS and OWNER.search(owner):
        return True
    if method in CLIENT_METHODS and CLIENT.search(owner):
        return True
    # `qa({"query": …})`: a chain of old is called itself.
    asked = call.args[0] if call.args else None
    return OWNER.search(name) is not None and isinstance(asked, ast.Dict) and bool(asked.keys)


def shown(call: ast.Call) -> str:
    """What is called, as it is written, for a note."""
    text = ast.unparse(call.func)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _names(node: ast.AST) -> str:
    """The names of what is called: "make_chain.invoke" of `make_chain(id).invoke`.

    So `chains[id].invoke`, `session["chain"].invoke` and `(prompt | llm).invoke` tell their names.
    """
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{_names(node.value)}.{node.attr}"
    if isinstance(node, ast.Call):
        return _names(node.func)
    if isinstance(node, ast.Subscript):
        key = getattr(node.slice, "value", None)  # `session["chain"]`
        return f"{_names(node.value)}.{key}" if isinstance(key, str) else _names(node.value)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return f"{_names(node.left)} {_names(node.right)}"
    return ""


def _called_in_try(project: Project, path: PurePosixPath) -> Iterator[Place]:
    for place in places(project, path):
        if isinstance(place.node, ast.Call) and _in_try(project, place):
            yield place


def _name(place: Place) -> str:
    return last_name(place.node.func) if isinstance(place.node, ast.Call) else ""


def _in_try(project: Project, place: Place) -> bool:
    """Whether a try that catches a model's errors stands around it, in the same function."""
    inner: ast.AST = place.node
    if is_handed_to_response(place) and _name(place) in STREAMS:
        return False
    for node in place.around:
        if isinstance(node, Function):
            return False
        if isinstance(node, ast.Try) and inner in node.body and _catches(project, place, node):
            return True
        inner = node
    return False


def _catches(project: Project, place: Place, node: ast.Try) -> bool:
    """Whether one of the handlers takes every error, or those of a model's client."""
    tree = parse(project.read(place.path))
    names = imported_names(tree) if tree else {}
    for handler in node.handlers:
        if handler.type is None:
            return True
        kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
        for kind in kinds:
            meant = qualified(kind, names) or ""
            if dotted(kind) in EVERY or meant.partition(".")[0] in CLIENTS:
                return True
    return False


def _in_a_function(place: Place) -> bool:
    return any(isinstance(node, Function) for node in place.around)


def _functions(place: Place) -> Iterator[str]:
    yield from (node.name for node in place.around if isinstance(node, Function))
