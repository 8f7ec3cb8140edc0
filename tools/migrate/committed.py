"""Finds the committed store that a call of load_local names."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import PurePosixPath

import libcst as cst

from tools.migrate.project import Project
from tools.migrate.syntax.file import PythonFile
from tools.migrate.syntax.values import Known, evaluate

TOP = PurePosixPath(".")


def stores(project: Project) -> list[PurePosixPath]:
    """The folders of the repository that hold a LangChain FAISS store, sorted."""
    files = set(project.paths())
    return sorted(
        path.parent
        for path in files
        if path.suffix == ".faiss" and path.with_suffix(".pkl") in files
    )


def committed_stores(file: PythonFile, node: cst.BaseExpression | None) -> list[PurePosixPath]:
    """The committed stores that the expression may name.

    A relative folder is looked for where the app runs, at the top of the repository and beside the
    file; of a composed path (`os.path.join(BASE, "store")`) the end must fit. Where none does, as in
    `f"{BASE}_{topic}"`, it may be any of them.
    """
    if node is None:
        return []
    found = stores(file.project)
    value = evaluate(file, node)
    if isinstance(value, Known) and isinstance(value.value, str):
        return [folder for folder in _places(file, value.value) if folder in found][:1]
    ends = [
        end for end in map(_clean, _strings(file.source(node))) if end is not None and end.parts
    ]
    fitting = [
        folder
        for folder in found
        if any(folder.parts[-len(end.parts) :] == end.parts for end in ends)
    ]
    return fitting or found


def named_folder(file: PythonFile, node: cst.BaseExpression | None) -> PurePosixPath | None:
    """The folder below the app that a plain text names, whether it is there or not."""
    value = evaluate(file, node) if node is not None else None
    if isinstance(value, Known) and isinstance(value.value, str):
        places = _places(file, value.value)
        there = (folder for folder in places if file.project.exists(folder / "manifest.json"))
        return next(there, places[0] if places else None)
    return None


def _places(file: PythonFile, text: str) -> list[PurePosixPath]:
    """Where a relative folder may be, the likeliest first."""
    named = _clean(text)
    roots = (file.project.app_root(file.path), TOP, file.path.parent)
    return [] if named is None else [root / named for root in roots]


def _clean(text: str) -> PurePosixPath | None:
    """The path inside the repository that a text means; Windows' separators too."""
    path = PurePosixPath(text.replace("\\", "/"))
    return None if path.is_absolute() or ".." in path.parts else path


def _strings(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(f"({source}\n)", mode="eval")):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
