"""Open and save FAISS stores of the converted embedder without pickle; convert committed ones.

`FAISS.load_local` executes whatever index.pkl says. A store that is in the repository is converted
after its vectors were compared with the model's own; texts and metadata go to SQLite. A store of
another embedder, or one that does not match the model, stays what it is, and so does its code.

    -db = FAISS.load_local("vectorstore/", embeddings, allow_dangerous_deserialization=True)
    +db = load_local("vectorstore/", embeddings)

    -db.save_local("vectorstore/")
    +save_local(db, "vectorstore/")
"""

from __future__ import annotations

from pathlib import PurePosixPath

import libcst as cst

from tools.migrate.committed import committed_stores, named_folder, stores
from tools.migrate.embedding.origin import is_ours, other_embedders, values_of
from tools.migrate.project import RUNTIME, Project
from tools.migrate.raw_stores import note_raw_stores
from tools.migrate.settings import Settings
from tools.migrate.syntax.calls import drop_items, keyword, positional
from tools.migrate.syntax.edits import Span
from tools.migrate.syntax.file import PythonFile
from tools.migrate.syntax.imports import Ours
from tools.migrate.syntax.names import origins_of
from tools.migrate.syntax.symbols import SymbolRewrite, Use

ID = "stores"
LOAD = Ours("langchain_store", "load_local")
SAVE = Ours("langchain_store", "save_local")
CLASSES = [
    f"{package}.vectorstores{module}.FAISS"
    for package in ("langchain", "langchain_community", "langchain_classic")
    for module in ("", ".faiss")
]
LOADERS = {f"{name}.load_local": name for name in CLASSES}
MAKERS = frozenset(
    [f"{name}.{maker}" for name in CLASSES for maker in ("from_documents", "from_texts")]
    + [f"{name}.from_embeddings" for name in CLASSES]
    + [*CLASSES, *LOADERS, f"{RUNTIME}.langchain_store.load_local"]
)


def apply(project: Project, settings: Settings) -> None:
    committed = stores(project)  # once converted, a store has no pickle to be found by
    rewrite = SymbolRewrite(project, ID, LOADERS, ("FAISS", "save_local"))
    for use in rewrite.uses:
        _convert_load(rewrite, use, settings)
    for file in rewrite.files.values():
        for call in file.nodes(cst.Call):
            _convert_save(rewrite, file, call)
    rewrite.finish()
    if committed:
        _finish_stores(project)
    note_raw_stores(project, ID)


# Opening


def _convert_load(rewrite: SymbolRewrite, use: Use, settings: Settings) -> None:
    file, call = use.file, use.call
    why = _why_not(use)
    if why is None and call is not None:
        folders = committed_stores(file, _folder(call))
        left = [f for f in folders if not _convert_committed(rewrite.project, f, settings)]
        if left:
            why = f"the store {left[0]} is not converted"
            if len(folders) > 1:
                why = f"it may open the store {left[0]}, which is not converted"
    if why or call is None:
        file.note("skipped", use.node, f"{file.source(use.node)} left as it is: {why}")
        return
    flag = keyword(call, "allow_dangerous_deserialization")
    if flag is not None:
        drop_items(file, call.args, [flag])
    rewrite.convert(use, LOAD)
    file.note("changed", call, "the store is opened without executing a pickle")
    named = None if folders else named_folder(file, _folder(call))
    if named is not None and not rewrite.project.exists(named / "manifest.json"):
        file.note("warning", call, _not_there(rewrite.project, named))


def _not_there(project: Project, folder: PurePosixPath) -> str:
    anew = "build it anew with the converted code"
    if project.exists(folder / "index.pkl"):
        return (
            f"of the store {folder} the vectors (index.faiss) are not in the repository, so nothing"
            f" can open it, the original code included: {anew}"
        )
    return f"the store {folder} is not in the repository: {anew}"


def _finish_stores(project: Project) -> None:
    from tools.migrate.stores import finish_stores

    finish_stores(project)


def _convert_committed(project: Project, folder: PurePosixPath, settings: Settings) -> bool:
    # It loads onnxruntime and the model: only where there is a store to convert.
    from tools.migrate.stores import convert_committed

    return convert_committed(project, folder, settings)


def _why_not(use: Use) -> str | None:
    if use.reference.ambiguous:
        return "the name is also defined here, so another class may be meant"
    if use.call is None:
        return "it is used here otherwise than by calling it"
    embedder = _argument(use.call, 1, "embeddings")
    if embedder is None:
        return "its embedder cannot be seen here"
    if not is_ours(use.file, embedder):
        return _other(use.file)
    return None


def _other(file: PythonFile) -> str:
    for path, line, name in other_embedders(file.project):
        return f"its vectors may be those of {name} ({path}:{line})"
    return "its embedder was not converted"


def _folder(call: cst.Call) -> cst.BaseExpression | None:
    return _argument(call, 0, "folder_path")


def _argument(call: cst.Call, position: int, name: str) -> cst.BaseExpression | None:
    named = keyword(call, name)
    if named is not None:
        return named.value
    given = positional(call)
    return given[position].value if len(given) > position else None


# Saving


def _convert_save(rewrite: SymbolRewrite, file: PythonFile, call: cst.Call) -> None:
    if not isinstance(call.func, cst.Attribute) or call.func.attr.value != "save_local":
        return
    store = call.func.value
    made = _made(file, store)
    if made is None and not _only_faiss(rewrite.project):
        file.note(
            "skipped", call, "save_local left as it is: of what kind the store is cannot be told"
        )
        return
    embedder = None if made is None else _argument(made, 1, "embedding")
    if embedder is None or not isinstance(embedder, cst.BaseExpression):
        ours = next(other_embedders(rewrite.project), None) is None
    else:
        ours = is_ours(file, embedder)
    if not ours:
        file.note("skipped", call, f"save_local left as it is: {_other(file)}")
        return
    start, end = file.span(store)
    rest = Span(end, file.span(call.args[0]).start if call.args else file.span(call).end - 1)
    file.edits.insert(file.span(call).start, f"{rewrite.add(file, SAVE)}(")
    file.edits.replace(rest, ", " if call.args else "")
    file.note("changed", call, "the store is saved without pickle")


def _made(file: PythonFile, node: cst.BaseExpression, depth: int = 0) -> cst.Call | None:
    """The call of FAISS that made the store, as far as the file tells."""
    if isinstance(node, cst.Call):
        origins = origins_of(file, node.func)
        return node if origins and origins <= MAKERS else None
    values = values_of(file, node) if isinstance(node, cst.Name) and depth < 5 else None
    made = [_made(file, value, depth + 1) for value in values or []]
    return made[0] if made and all(made) else None


def _only_faiss(project: Project) -> bool:
    """Whether FAISS is the only kind of store here that has a save_local."""
    words = (b"Annoy", b"USearch", b"ScaNN", b"TFIDFRetriever", b"TileDB", b"BM25")
    sources = [project.read(path) for path in project.python()]
    faiss = any(b"FAISS" in source for source in sources)
    return faiss and not any(word in source for source in sources for word in words)
