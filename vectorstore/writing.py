"""Write a store folder: beside its target first, then moved there in one go."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from vectorstore.base import Document, Metric, ModelIdentity, StoreError, StoreInfo, Vectors
from vectorstore.checking import sampled_sha256, sha256
from vectorstore.commandline import Exit
from vectorstore.documents import DocumentsWriter
from vectorstore.flat import FlatWriter
from vectorstore.manifest import (
    DOCUMENTS,
    INDEX,
    MANIFEST,
    VECTORS,
    DataFile,
    IndexFile,
    Loss,
    Manifest,
    Model,
    Search,
)
from vectorstore.saved_index import SavedIndex, read_saved

STORE_FILES = {MANIFEST, INDEX, DOCUMENTS, VECTORS}


@contextmanager
def new_folder(out: Path, *, force: bool = False) -> Iterator[Path]:
    """A temporary folder that becomes `out` when the block ends well, and is removed otherwise.

    An existing `out` is refused; with `force` it is replaced if it is empty or a store, and never
    if it holds anything else. Raises StoreError.
    """
    out = Path(os.path.abspath(out))
    check_target(out, force=force)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent))
    except OSError as error:
        raise StoreError(cannot_write(out, error), Exit.ERROR) from error
    try:
        content = temporary / out.name
        content.mkdir()
        yield content
        put_in_place(content, out, temporary / "old")
    except OSError as error:
        raise StoreError(cannot_write(out, error), Exit.ERROR) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def cannot_write(out: Path, error: OSError) -> str:
    return f"cannot write {out}: {error.strerror or error}. Nothing was left behind."


def check_target(out: Path, *, force: bool) -> None:
    """Raise StoreError where `new_folder` would refuse `out`, before any work is done."""
    if not os.path.lexists(out):
        return
    if not out.is_dir():
        raise StoreError(f"{out} exists and is no folder. Choose another --out.", Exit.ERROR)
    if not force:
        raise StoreError(f"{out} exists, will not overwrite it without --force.", Exit.ERROR)
    foreign = sorted({path.name for path in out.iterdir()} - STORE_FILES)
    if foreign:
        raise StoreError(
            f"{out} holds {', '.join(foreign[:3])}{' …' if len(foreign) > 3 else ''}, so it is not"
            " only a store and will not be replaced, not even with --force. Choose another --out.",
            Exit.ERROR,
        )


def put_in_place(content: Path, out: Path, old: Path) -> None:
    """Move `content` to `out`; what is there goes to `old`, and comes back where that fails."""
    replaced = out.exists()
    if replaced:
        out.rename(old)
    try:
        content.rename(out)
    except OSError:
        if replaced:
            old.rename(out)
        raise


def seal(
    folder: Path, model: ModelIdentity, loss: Loss | None = None, search: Search | None = None
) -> Manifest:
    """Write the manifest of the files in `folder`: index, documents and, where kept, vectors."""
    index = read_saved(folder / INDEX)
    header = index.header
    manifest = Manifest(
        dim=header.dim,
        metric=header.metric,
        count=header.count,
        model=Model(model.name, model.sha256),
        index=IndexFile(
            index.kind,
            INDEX,
            sha256(folder / INDEX),
            loss,
            search,
            sampled_sha256(folder / INDEX),
        ),
        documents=_data(folder, DOCUMENTS),
        vectors=_data(folder, VECTORS) if (folder / VECTORS).exists() else None,
    )
    manifest.write(folder)
    return manifest


def _data(folder: Path, name: str) -> DataFile:
    return DataFile(name, sha256(folder / name), sampled_sha256(folder / name))


def write_store(
    out: Path,
    vectors: SavedIndex | Vectors,
    documents: Iterable[Document],
    *,
    model: ModelIdentity,
    metric: Metric = "ip",
    force: bool = False,
) -> StoreInfo:
    """Write a store from vectors that are there already.

    `vectors`: an index that was read, which is copied byte for byte but for an id map around it,
    or an array, float32, shape (n, dim). `documents`: as many, in the order of the rows. Raises
    StoreError.
    """
    with new_folder(out, force=force) as folder:
        count = _write_index(folder / INDEX, vectors, metric)
        with DocumentsWriter(folder / DOCUMENTS) as writer:
            writer.extend(documents)
        _check_as_many(count, writer.count)
        manifest = seal(folder, model)
    return manifest.info(Path(out))


def _check_as_many(vectors: int, documents: int) -> None:
    if vectors != documents:
        raise StoreError(f"{vectors} vectors and {documents} documents: each needs the other.")


def write_batches(
    out: Path,
    batches: Iterable[tuple[list[Document], Vectors]],
    *,
    model: ModelIdentity,
    metric: Metric = "ip",
    force: bool = False,
) -> StoreInfo:
    """The same from documents with their vectors, float32, shape (len(documents), model.dim).

    One batch is held at a time. Raises StoreError.
    """
    with new_folder(out, force=force) as folder:
        with (
            FlatWriter(folder / INDEX, dim=model.dim, metric=metric) as index,
            DocumentsWriter(folder / DOCUMENTS) as writer,
        ):
            for documents, vectors in batches:
                index.append(vectors)
                writer.extend(documents)
                _check_as_many(index.count, writer.count)
        manifest = seal(folder, model)
    return manifest.info(Path(out))


def _write_index(path: Path, vectors: SavedIndex | Vectors, metric: Metric) -> int:
    """Writes the index; gives the number of its vectors."""
    if not isinstance(vectors, np.ndarray):
        vectors.write(path)
        return vectors.header.count
    with FlatWriter(path, dim=vectors.shape[1], metric=metric) as index:
        index.append(vectors)
    return index.count
