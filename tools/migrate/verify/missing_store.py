"""The store that an app opens and that its repository does not hold, or not as a whole."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from tools.migrate.parsed import last_name, nodes, parse
from tools.migrate.project import Project

# What an app, or the copied runtime, says that has no store.
ABOUT_A_STORE = re.compile(
    r"StoreError|\b(?:vector[ _-]?(?:store|db|database)|faiss|index|knowledge base|ingest\w*)\b",
    re.I,
)
FILES = (".pkl", ".pickle", ".faiss", ".index", ".joblib")
WRITES = (b"save_local", b"write_index", b".dump(")


def missing_store(project: Project, folder: PurePosixPath) -> str | None:
    """Why the app that runs in `folder` cannot open its store; None where nothing says so.

    An app that writes stores itself may make the one that is missing.
    """
    served = sorted(project.served())
    if any(word in project.read(path) for path in served for word in WRITES):
        return None
    for path in served:
        for line, name, is_folder in _opened(project, path):
            places = [place / name for place in (folder, path.parent, PurePosixPath("."))]
            lacking = [_lacking(project, place, is_folder=is_folder) for place in places]
            if all(lacking):
                return f"{lacking[0]}, which {path}:{line} opens, was not in the repository"
    return None


def _opened(project: Project, path: PurePosixPath) -> Iterator[tuple[int, str, bool]]:
    """(line, relative path, whether it is a folder) of each store that a file names."""
    tree = parse(project.read(path))
    if tree is None:
        return
    named = _constants(tree)
    for node in nodes(tree):
        if isinstance(node, ast.Call) and last_name(node.func) == "load_local" and node.args:
            given = node.args[0]
            text = named.get(given.id) if isinstance(given, ast.Name) else _text(given)
            if text and _is_relative(text):
                yield node.lineno, text, True
        elif (text := _text(node)) and text.endswith(FILES) and _is_relative(text):
            yield node.lineno, text, False  # type: ignore[attr-defined]


def _lacking(project: Project, place: PurePosixPath, *, is_folder: bool) -> str | None:
    """The file of a store that is not there."""
    parts = ("index.faiss", "index.pkl") if is_folder else ("",)
    files = [place / part for part in parts]
    if is_folder and project.exists(place / "manifest.json"):
        return None
    return next((str(file) for file in files if not (project.root / file).exists()), None)


def _constants(tree: ast.Module) -> dict[str, str]:
    """The texts that names of a module are given once."""
    found: dict[str, list[str | None]] = {}
    for node in nodes(tree):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    found.setdefault(target.id, []).append(_text(node.value))
    return {name: v[0] for name, v in found.items() if len(v) == 1 and v[0] is not None}


def _text(node: ast.AST) -> str | None:
    value = node.value if isinstance(node, ast.Constant) else None
    return value if isinstance(value, str) else None


def _is_relative(text: str) -> bool:
    path = PurePosixPath(text)
    return (
        " " not in text and "\\" not in text and not path.is_absolute() and ".." not in path.parts
    )
