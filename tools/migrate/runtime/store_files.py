"""The manifest of a store folder: which model made its vectors, and the sha256 of its files.

    {"schema": 1, "dim": 384, "metric": "l2", "count": 52,
     "model": {"name": "all-MiniLM-L6-v2", "sha256": "of its source weights, or empty"},
     "index": {"kind": "flat", "file": "index.faiss", "sha256": "…"},
     "documents": {"file": "documents.sqlite", "sha256": "…"}}

Copied into this repository by fit512 (MIT licence); needs the standard library alone.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

INDEX, DOCUMENTS, MANIFEST = "index.faiss", "documents.sqlite", "manifest.json"
AGAIN = "Build it again with this app's own ingest script, or copy the whole folder again."


class StoreError(ValueError):
    """The store cannot be used: says what is wrong, where, and what to do next."""


def read_manifest(folder: Path, pickle: Path) -> dict[str, Any]:
    """The manifest of `folder`; `pickle` is where LangChain would have kept the documents.

    Raises StoreError when there is no store, or no readable one.
    """
    path = folder / MANIFEST
    try:
        manifest: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        known = manifest["schema"] == 1
    except OSError as error:
        raise StoreError(_no_store(folder, pickle)) from error
    except (ValueError, TypeError, KeyError) as error:
        raise StoreError(f"{path} is damaged ({error}). {AGAIN}") from error
    if not known:
        raise StoreError(f"{path} has schema {manifest['schema']!r}, not 1. {AGAIN}")
    return manifest


def _no_store(folder: Path, pickle: Path) -> str:
    if pickle.exists():
        return (
            f"{pickle} is a pickle, as LangChain saves its stores; it can run code and is not"
            " opened. Convert the store with fit512, `python -m vectorstore convert"
            f" {pickle.parent} --model MODEL`, or build it again with this app's own ingest script."
        )
    return f"there is no store at {folder.absolute()}: run this app's ingest script first."


def file_identity(folder: Path, manifest: dict[str, Any]) -> list[Any]:
    """What tells the files from others that take their place. Raises StoreError for a missing one."""
    found: list[Any] = [manifest]
    for part in (manifest["index"], manifest["documents"]):
        path = folder / part["file"]
        try:
            status = path.stat()
        except OSError as error:
            raise _unreadable(path, error) from error
        found.append((status.st_mtime_ns, status.st_size, status.st_ino))
    return found


def check_files(folder: Path, manifest: dict[str, Any]) -> None:
    """Raise StoreError, naming the file, where one is missing or is not the one written."""
    for part in (manifest["index"], manifest["documents"]):
        path = folder / part["file"]
        try:
            same = sha256_of(path) == part["sha256"]
        except OSError as error:
            raise _unreadable(path, error) from error
        if not same:
            raise StoreError(
                f"{path} is not the file that {MANIFEST} beside it was written for. {AGAIN} A script"
                " that saves with LangChain's FAISS.save_local has to call save_local(db, folder)"
                " of langchain_store.py instead."
            )


def _unreadable(path: Path, error: OSError) -> StoreError:
    return StoreError(f"{path} cannot be read ({error.strerror}). {AGAIN}")


def sha256_of(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        for block in iter(lambda: file.read(1 << 20), b""):
            digest.update(block)
    return digest.hexdigest()


def identity(embeddings: Any) -> tuple[str, str]:
    """(name, sha256 or "") of an embedder's model; only ours know their sha256."""
    embedder = getattr(embeddings, "__self__", embeddings)  # old LangChain holds a bound method
    for attribute in ("name", "model_name", "model"):
        name = getattr(embedder, attribute, None)
        if isinstance(name, str):
            break
    else:
        name = type(embedder).__name__
    sha256 = getattr(embedder, "sha256", "")
    return name, sha256 if isinstance(sha256, str) else ""


def check_model(folder: Path, manifest: dict[str, Any], embeddings: Any) -> None:
    """Raise StoreError, naming both, when the vectors are not those of `embeddings`' model.

    An embedder that does not say what it is, such as a remote one, is taken at its word.
    """
    stored = manifest["model"]
    name, sha256 = identity(embeddings)
    dim = getattr(embeddings, "dim", manifest["dim"])
    if dim == manifest["dim"] and (not sha256 or sha256 == stored["sha256"]):
        return
    raise StoreError(
        f"the store {folder} holds vectors of {stored['name']} (dim {manifest['dim']}, sha256"
        f" {stored['sha256'][:12]}…), the embedder is {name} (dim {dim}, sha256 {sha256[:12]}…):"
        " they cannot be compared. Use the model that the store was built with, or build the"
        " store again with this one."
    )


def write_manifest(
    folder: Path, *, dim: int, metric: str, count: int, kind: str, embeddings: Any
) -> None:
    """Write the manifest for the files that are in `folder`."""
    name, sha256 = identity(embeddings)
    manifest = {
        "schema": 1,
        "dim": dim,
        "metric": metric,
        "count": count,
        "model": {"name": name, "sha256": sha256},
        "index": {"kind": kind, "file": INDEX, "sha256": sha256_of(folder / INDEX)},
        "documents": {"file": DOCUMENTS, "sha256": sha256_of(folder / DOCUMENTS)},
    }
    text = json.dumps(manifest, indent=2, ensure_ascii=False) + "\n"
    (folder / MANIFEST).write_text(text, encoding="utf-8")
