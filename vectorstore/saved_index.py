"""An index file as it was found, of whatever kind: what is in it, and how a store gets it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from vectorstore import faiss_kinds
from vectorstore.base import Metric, StoreError, Vectors
from vectorstore.commandline import Exit
from vectorstore.flat import FLAT, FlatHeader, map_flat, read_header
from vectorstore.id_map import MappedFlat, read_mapped_flat
from vectorstore.sq8 import is_sq8, map_sq8, read_sq8_header

# Kinds that give the vectors back as good as they were, and so can be compared closely.
CLOSE = ("flat", "sq8", "fp16", "sq6")


class SavedIndex(Protocol):
    """`ids`: what a search of it gives for each row, int64, in the order of the rows."""

    @property
    def kind(self) -> str: ...

    @property
    def header(self) -> FlatHeader: ...

    @property
    def ids(self) -> NDArray[np.int64]: ...

    def vectors(self, rows: NDArray[np.int64]) -> Vectors | None:
        """The vectors of these rows, float32, shape (n, dim); None where they cannot be had."""
        ...

    def write(self, target: Path) -> None:
        """Write the index without its ids: a search of it gives rows."""
        ...


def is_close(kind: str) -> bool:
    """Whether an index of this kind gives vectors back with a cosine above .999 to the original."""
    return "transformed" not in kind and kind.rpartition("-")[2] in CLOSE


def read_saved(path: Path) -> SavedIndex:
    """The index in `path`. Raises StoreError for a kind that is not known, garbage, a cut file."""
    try:
        with path.open("rb") as file:
            fourcc = file.read(4)
        if fourcc in FLAT or not fourcc:
            return PlainFlat(path, read_header(path))
        if is_sq8(path):
            return PlainSq8(path, read_sq8_header(path))
        mapped = read_mapped_flat(path)
    except OSError as error:
        raise StoreError(
            f"cannot read {path}: {error.strerror}. It should be a faiss index.", Exit.ERROR
        ) from error
    return WrappedFlat(path, mapped) if mapped else ByFaiss(path, faiss_kinds.open_faiss(path))


@dataclass(frozen=True)
class PlainFlat:
    path: Path
    header: FlatHeader
    kind: str = "flat"

    @property
    def ids(self) -> NDArray[np.int64]:
        return np.arange(self.header.count)

    def vectors(self, rows: NDArray[np.int64]) -> Vectors | None:
        return np.asarray(map_flat(self.path)[0][rows])

    def write(self, target: Path) -> None:
        shutil.copyfile(self.path, target)


@dataclass(frozen=True)
class PlainSq8(PlainFlat):
    kind: str = "sq8"

    def vectors(self, rows: NDArray[np.int64]) -> Vectors | None:
        return map_sq8(self.path)[0][rows]


@dataclass(frozen=True)
class WrappedFlat:
    """A flat index in an id map: its bytes stand in the file as they would alone."""

    path: Path
    mapped: MappedFlat
    kind: str = "flat"

    @property
    def header(self) -> FlatHeader:
        return self.mapped.header

    @property
    def ids(self) -> NDArray[np.int64]:
        return self.mapped.ids

    def vectors(self, rows: NDArray[np.int64]) -> Vectors | None:
        dim, start = self.header.dim, self.mapped.end - 4 * self.header.count * self.header.dim
        whole = np.memmap(self.path, np.uint8, "r")[start : self.mapped.end]
        return np.asarray(whole.view("<f4").reshape(-1, dim)[rows], np.float32)

    def write(self, target: Path) -> None:
        with self.path.open("rb") as source, target.open("wb") as copy:
            source.seek(self.mapped.start)
            left = self.mapped.end - self.mapped.start
            while left and (block := source.read(min(left, 1 << 20))):
                copy.write(block)
                left -= len(block)


class ByFaiss:
    """Any other kind, opened by faiss."""

    def __init__(self, path: Path, index: Any) -> None:
        self._path, self._index = path, index
        mapped = type(index).__name__ in faiss_kinds.ID_MAPS
        self._core = faiss_kinds.inner(index) if mapped else index
        self.kind = faiss_kinds.kind_of(path, self._core)
        metric: Metric = faiss_kinds.metric_of(path, self._core)
        self.header = FlatHeader(self._core.ntotal, self._core.d, metric)

    @cached_property
    def ids(self) -> NDArray[np.int64]:
        if self._core is not self._index:
            faiss_kinds.external_ids(self._path, self._core)  # its own must be rows
        ids = faiss_kinds.external_ids(self._path, self._index)
        if len(np.unique(ids)) < len(ids):
            raise StoreError(f"{self._path} gives one id to two vectors.")
        return ids

    def vectors(self, rows: NDArray[np.int64]) -> Vectors | None:
        return faiss_kinds.reconstruct(self._core, rows)

    def write(self, target: Path) -> None:
        if self._core is self._index:
            shutil.copyfile(self._path, target)
            return
        import faiss

        faiss.write_index(self._core, str(target))
