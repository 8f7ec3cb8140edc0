"""Folders that the app reads at start: exported models and document stores."""

from __future__ import annotations

from pathlib import PurePosixPath

from deploy.plan import Found
from deploy.repository import Repository

STORES = (".faiss", "chroma.sqlite3")


def find_models(repository: Repository) -> Found[tuple[str, ...]]:
    """Folders with an embedding.json, as `tools.migrate export` writes them."""
    folders = {path.parent for path in repository.served if path.name == "embedding.json"}
    return Found(_texts(folders), "folders with embedding.json" if folders else "none found")


def find_stores(repository: Repository) -> Found[tuple[str, ...]]:
    """Folders with an index of faiss or Chroma."""
    folders = {path.parent for path in repository.served if path.name.endswith(STORES)}
    return Found(_texts(folders), "folders with an index" if folders else "none found")


def _texts(folders: set[PurePosixPath]) -> tuple[str, ...]:
    return tuple(sorted(map(str, folders)))
