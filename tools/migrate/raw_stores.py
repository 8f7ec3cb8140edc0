"""Notes stores that are kept without LangChain's own files: pickled whole, or as a bare faiss index."""

from __future__ import annotations

import ast
import json
import struct
from collections.abc import Iterator
from pathlib import PurePosixPath

from tools.migrate.constants.calls import path_end
from tools.migrate.constants.committed_settings import opened
from tools.migrate.constants.objects import At, Opened, PathEnd, Unclear, scopes_around
from tools.migrate.constants.reader import Reader
from tools.migrate.flows import destinations
from tools.migrate.lifetime import Place, places
from tools.migrate.parsed import dotted, imported_names, nodes, parse, qualified
from tools.migrate.project import RUNTIME, Project
from tools.migrate.result import Kind, Note

PICKLES = ("pickle", "cPickle", "dill", "joblib", "cloudpickle")
LOADS = frozenset(f"{module}.load" for module in PICKLES)
DUMPS = frozenset(f"{module}.dump" for module in PICKLES)
READ_INDEX = "faiss.read_index"
SEARCHES = ("similarity_search", "as_retriever", "max_marginal_relevance_search")
HEADER = struct.Struct("<4si")  # of every index that faiss writes: kind, dimensions


def note_raw_stores(project: Project, rule: str) -> None:
    """Note what becomes of such stores once the embedder is ours; their code is not changed."""
    if not any(RUNTIME.encode() in project.read(path) for path in project.python()):
        return
    for path in project.python():
        data = project.read(path)
        if any(word in data for word in (b"pickle", b"joblib", b"dill", b"read_index")):
            for place in places(project, path):
                for kind, message in _about(project, place):
                    line = project.original_line(path, place.node.lineno)  # type: ignore[attr-defined]
                    project.note(Note(rule, kind, str(path), line, message))


def _about(project: Project, place: Place) -> Iterator[tuple[Kind, str]]:
    tree = parse(project.read(place.path))
    if tree is None or not isinstance(place.node, ast.Call) or not place.node.args:
        return
    name = qualified(place.node.func, imported_names(tree))
    if name in DUMPS and _is_made_by_faiss(tree, place.node.args[0]):
        yield (
            "kept",
            "the whole store is pickled, its embedder included: save_local(store, FOLDER) of"
            f" {RUNTIME}.langchain_store writes one that load_local opens without a pickle",
        )
    elif name in LOADS and _is_searched(tree, place):
        yield (
            "warning",
            "a pickled store holds the embedder that made it: one from before the conversion needs"
            " torch, and executes what it says. Build it again with the converted code, best with"
            " save_local, and open it here with load_local(FOLDER, embeddings)",
        )
    elif name in LOADS and _calls(tree, READ_INDEX):
        yield (
            "warning",
            "a pickle is read beside a faiss index, and executes what it says: its texts need none."
            " Write them once as JSON (json.dump), and read them here with json.load",
        )
    elif name == READ_INDEX:
        yield _about_index(project, place)


def _is_made_by_faiss(tree: ast.Module, node: ast.expr) -> bool:
    """Whether all values of a name are calls like FAISS.from_texts."""
    name = dotted(node)
    values = [
        other.value
        for other in ast.walk(tree)
        if isinstance(other, ast.Assign) and name in map(dotted, other.targets)
    ]
    made = [isinstance(v, ast.Call) and (dotted(v.func) or "").startswith("FAISS") for v in values]
    return name is not None and bool(made) and all(made)


def _is_searched(tree: ast.Module, place: Place) -> bool:
    names = {dotted(target) for target in destinations(place.node, place.around)} - {None}
    return any(
        isinstance(node, ast.Attribute)
        and node.attr.startswith(SEARCHES)
        and dotted(node.value) in names
        for node in ast.walk(tree)
    )


def _calls(tree: ast.Module, function: str) -> bool:
    names = imported_names(tree)
    return any(
        isinstance(node, ast.Call) and qualified(node.func, names) == function
        for node in nodes(tree)
    )


def _about_index(project: Project, place: Place) -> tuple[Kind, str]:
    file = _committed(project, place)
    if file is None:
        return "kept", "a faiss index is read without a pickle: build it with the same model"
    try:
        dim = HEADER.unpack(project.read(file.path)[: HEADER.size])[1]
    except struct.error:
        return "warning", f"{file.path} is no faiss index, or not whole: build it again"
    dims = _dims(project)
    if dims and dim not in dims:
        models = " or ".join(f"{name} ({number})" for number, name in sorted(dims.items()))
        return (
            "warning",
            f"{file.path} has vectors of {dim} dimensions, which are not those of {models}: it needs"
            " the model that made it",
        )
    return "kept", f"{file.path} is read without a pickle; its {dim}-dimensional vectors stay"


def _committed(project: Project, place: Place) -> Opened | None:
    assert isinstance(place.node, ast.Call)
    try:
        at = At(place.path, scopes_around(place.around))
        named = path_end(Reader(project), place.node.args[0], at)
        return opened(project, place.path, named) if named != PathEnd("") else None
    except Unclear:
        return None


def _dims(project: Project) -> dict[int, str]:
    """The dimensions of the models in the converted repository, with their names."""
    found = {}
    for path in _descriptions(project):
        try:
            description = json.loads(project.read(path))
            found[int(description["dim"])] = str(description["name"])
        except (ValueError, KeyError, TypeError):
            continue
    return found


def _descriptions(project: Project) -> Iterator[PurePosixPath]:
    return (path for path in project.paths() if path.name == "embedding.json")
