"""Converts the FAISS stores that are committed in a repository, in place.

The vectors stay the same file, byte for byte. Texts and metadata move from the pickle, which is
read without being executed, to SQLite. A store that does not hold the vectors of one of the models
that the conversion added is another embedder's: it is reported and not touched.
"""

from __future__ import annotations

import ast
import tempfile
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path, PurePosixPath

from tools.migrate.parsed import nodes, parse
from tools.migrate.project import Project
from tools.migrate.result import Kind, Note
from tools.migrate.settings import Settings
from tools.migrate.tree import git
from vectorstore.base import Embedder, StoreError, StoreInfo
from vectorstore.commandline import CommandError
from vectorstore.convert import convert_langchain
from vectorstore.langchain_folder import check_langchain_folder
from vectorstore.manifest import DOCUMENTS, INDEX, MANIFEST

ID = "stores"


def convert_committed(project: Project, folder: PurePosixPath, settings: Settings) -> bool:
    """Stage the conversion of every LangChain store in `folder`; True when all are converted.

    A store saved as `index` becomes a store folder where it is; one of another name becomes the
    folder of that name in it, which is where the copied `load_local` looks.
    """
    names = _index_names(project, folder)
    with tempfile.TemporaryDirectory() as temporary:
        stores = [
            _convert(project, folder, name, Path(temporary) / name, settings) for name in names
        ]
        if None in stores:
            return False
        for name, info in zip(names, stores, strict=True):
            if info is not None:
                _stage(project, folder, name, info)
    return bool(names) or project.exists(folder / MANIFEST)


def finish_stores(project: Project) -> None:
    """To be called when the code is converted, for the stores that it does not open that way.

    A pickle that some code may still read is put back: both forms of a store can stand beside each
    other. A store that no code was seen to open is named.
    """
    _keep_read_pickles(project)
    for path in project.paths():
        store = path.suffix == ".faiss" and project.exists(path.with_suffix(".pkl"))
        if store and not project.exists(path.parent / MANIFEST) and not _noted(project, path):
            _note(project, "kept", path, None, "no code that was converted opens this store")


def _keep_read_pickles(project: Project) -> None:
    staged = project.staged()
    gone = [path for path, data in staged.items() if data is None and path.suffix == ".pkl"]
    readers = list(_readers(project)) if gone else []
    for pickle in gone:
        for path, line, named in readers:
            if named is None or _same(named, pickle):
                original = project.original(pickle)
                assert original is not None
                project.write(pickle, original)
                stays = f"{pickle} stays beside the converted store: it may be read here"
                _note(project, "kept", path, line, stays)
                break


def _index_names(project: Project, folder: PurePosixPath) -> list[str]:
    """The names of the LangChain stores in a folder."""
    files = set(project.paths())
    return [
        path.stem
        for path in sorted(files)
        if path.parent == folder and path.suffix == ".faiss" and path.with_suffix(".pkl") in files
    ]


def _convert(
    project: Project, folder: PurePosixPath, name: str, out: Path, settings: Settings
) -> StoreInfo | None:
    """Write the store to `out` with the model whose vectors it holds; None when there is none."""
    index = folder / f"{name}.faiss"
    errors: list[CommandError] = []
    try:
        check_langchain_folder(project.root / folder, name)
        models = _models(project, settings)
    except StoreError as error:
        _refuse(project, index, [error])
        return None
    for model in models:
        try:
            return convert_langchain(
                project.root / folder, out, embedder=_open(model), index_name=name
            )
        except CommandError as error:
            errors.append(error)
    _refuse(project, index, errors)
    return None


def _refuse(project: Project, index: PurePosixPath, errors: Sequence[CommandError]) -> None:
    why = "; ".join(str(error) for error in errors) or "no exported model to compare it with"
    _note(project, "refused", index, None, why.replace(f"{project.root}/", ""))


def _stage(project: Project, folder: PurePosixPath, name: str, info: StoreInfo) -> None:
    target = folder if name == "index" else folder / name
    if name != "index":
        project.move(folder / f"{name}.faiss", target / INDEX)
    for file in (DOCUMENTS, MANIFEST):
        project.write(target / file, (info.folder / file).read_bytes())
        _warn_when_ignored(project, target / file)
    project.delete(folder / f"{name}.pkl")
    done = (
        f"{info.count} documents: texts in SQLite, no pickle; the vectors, unchanged, are those of"
        f" {info.model_name}"
    )
    _note(project, "changed", folder / f"{name}.faiss", None, done)


def _warn_when_ignored(project: Project, path: PurePosixPath) -> None:
    """A host gets what is in git: a .gitignore with `*.sqlite` would leave the texts out."""
    ignored = git(project.root, "check-ignore", "--quiet", "--no-index", str(path))
    if ignored is not None and ignored.returncode == 0:
        message = f"a .gitignore leaves this file out, and the store needs it: `git add -f {path}`"
        _note(project, "warning", path, None, message)


def _models(project: Project, settings: Settings) -> list[Path]:
    """The model folders that the conversion has added, or that are in the repository already."""
    copied = project.copied()
    described = [path for path in project.paths() if path.name == "embedding.json"]
    found = [copied.get(path, project.root / path).parent for path in described]
    found += settings.folders()
    return list(dict.fromkeys(folder.resolve() for folder in found))


@lru_cache(maxsize=2)
def _open(folder: Path) -> Embedder:
    # onnxruntime is loaded only where there is a store to compare.
    from vectorstore.onnx_embeddings import ModelError, OnnxEmbeddings

    try:
        return OnnxEmbeddings(folder)
    except ModelError as error:
        raise CommandError(str(error)) from error


def _readers(project: Project) -> Iterator[tuple[PurePosixPath, int, str | None]]:
    """(file, line, folder or pickle it names, or None if that cannot be told) of what may read one."""
    for path in project.python():
        tree = parse(project.read(path))
        for node in nodes(tree) if tree else ():
            if isinstance(node, ast.Call) and _is_langchains(node.func):
                yield path, node.lineno, _text(tree, node.args[0] if node.args else None)
            elif isinstance(node, ast.Constant) and str(node.value).endswith(".pkl"):
                yield path, node.lineno, str(node.value)


def _is_langchains(function: ast.expr) -> bool:
    return isinstance(function, ast.Attribute) and function.attr == "load_local"


def _text(tree: ast.Module | None, node: ast.expr | None) -> str | None:
    """The text that an argument is: written there, or under a name given once in the module."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if not isinstance(node, ast.Name) or tree is None:
        return None
    values = [
        other.value
        for other in ast.walk(tree)
        if isinstance(other, ast.Assign)
        and any(isinstance(name, ast.Name) and name.id == node.id for name in other.targets)
    ]
    return _text(tree, values[0]) if len(values) == 1 and values[0] is not node else None


def _same(named: str, pickle: PurePosixPath) -> bool:
    """Whether a folder or file named in the code may be that of the pickle."""
    parts = PurePosixPath(named.replace("\\", "/")).parts
    parts = tuple(part for part in parts if part not in ("/", ".", ".."))
    whole = pickle if named.endswith(".pkl") else pickle.parent
    return not parts or whole.parts[-len(parts) :] == parts


def _noted(project: Project, path: PurePosixPath) -> bool:
    return any(note.rule == ID and note.path == str(path) for note in project.notes)


def _note(
    project: Project, kind: Kind, path: PurePosixPath, line: int | None, message: str
) -> None:
    project.note(Note(ID, kind, str(path), line, message))
