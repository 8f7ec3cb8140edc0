"""faiss's file format for flat indexes, read and written without faiss (importing it costs 13 MiB).

Layout, little-endian, from write_index in faiss's impl/index_write.cpp: fourcc, dim int32, count
int64, two unused int64 (1 << 20), trained byte, metric int32 (0 inner product, 1 L2), number of
floats uint64, then the floats row by row. `IxFI` and `IxF2` name the metric, `IxFl` leaves it to
the field.
"""

from __future__ import annotations

import mmap
import os
import struct
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

import numpy as np

from vectorstore.base import Metric, StoreError, Vectors
from vectorstore.commandline import Exit

HEADER = struct.Struct("<4siqqq?iQ")
UNUSED = 1 << 20
MAX_DIM = 1 << 16
METRICS: dict[int, Metric] = {0: "ip", 1: "l2"}
FLAT: dict[bytes, Metric | None] = {b"IxFI": "ip", b"IxF2": "l2", b"IxFl": None}
FOURCC: dict[Metric, bytes] = {"ip": b"IxFI", "l2": b"IxF2"}
OTHER_KINDS = {
    b"IHNf": "IndexHNSWFlat",
    b"IHNs": "IndexHNSWSQ",
    b"INSf": "IndexNSGFlat",
    b"IPfs": "IndexPQFastScan",
    b"IwFl": "IndexIVFFlat",
    b"IwPQ": "IndexIVFPQ",
    b"IwPf": "IndexIVFPQFastScan",
    b"IwSq": "IndexIVFScalarQuantizer",
    b"IxHe": "IndexLSH",
    b"IxM2": "IndexIDMap2",
    b"IxMp": "IndexIDMap",
    b"IxPT": "IndexPreTransform",
    b"IxPq": "IndexPQ",
    b"IxRF": "IndexRefineFlat",
    b"IxSQ": "IndexScalarQuantizer",
}


@dataclass(frozen=True, slots=True)
class FlatHeader:
    """The vectors of a flat index file: `count` rows of `dim` float32, from byte `HEADER.size` on."""

    count: int
    dim: int
    metric: Metric


def read_header(path: Path) -> FlatHeader:
    """The header of a flat index, checked against the length of the file.

    Raises StoreError for an index of another kind (named), garbage, and a file cut short.
    """
    try:
        with path.open("rb") as file:
            head = file.read(HEADER.size)
            size = os.fstat(file.fileno()).st_size
    except OSError as error:
        raise StoreError(
            f"cannot read {path}: {error.strerror}. It should be a faiss index.", Exit.ERROR
        ) from error
    return parse_header(path, head, size)


def whole_rows(path: Path, dim: int) -> int:
    """How many rows a file that may be unfinished holds to their end; 0 for one that is missing."""
    size = path.stat().st_size if path.exists() else 0
    return max(0, size - HEADER.size) // (4 * dim)


def parse_header(path: Path, head: bytes, size: int) -> FlatHeader:
    """The header in `head`, for an index of `size` bytes; errors name `path`. Raises StoreError."""
    fourcc = head[:4]
    if fourcc not in FLAT:
        raise StoreError(_not_flat(path, fourcc))
    if len(head) < HEADER.size:
        raise StoreError(f"{path} ends after {size} bytes, inside its header. {_AGAIN}")
    _, dim, count, _, _, trained, metric_code, floats = HEADER.unpack(head)
    metric = METRICS.get(metric_code)
    if metric is None or FLAT[fourcc] not in (None, metric):
        raise StoreError(
            f"{path} uses faiss metric {metric_code}; only inner product (0) and L2 (1) are known."
            " Build the store again with one of them."
        )
    if not (0 < dim <= MAX_DIM and count >= 0 and trained and floats == count * dim):
        raise StoreError(f"{path} has a damaged header (dim {dim}, {count} vectors). {_AGAIN}")
    expected = HEADER.size + 4 * floats
    if size != expected:
        raise StoreError(
            f"{path} should be {expected:,} bytes long ({count:,} vectors of {dim} floats) and is"
            f" {size:,}: {'cut short' if size < expected else 'something is appended'}. {_AGAIN}"
        )
    return FlatHeader(count=count, dim=dim, metric=metric)


_AGAIN = "Copy it again from where it came from, or build the store again."


def _not_flat(path: Path, fourcc: bytes) -> str:
    if not fourcc:
        return f"{path} is empty. {_AGAIN}"
    if kind := OTHER_KINDS.get(fourcc):
        return (
            f"{path} is a faiss {kind} (fourcc {fourcc.decode()}), not a flat index (IndexFlatL2,"
            " IndexFlatIP). Build the store again with `python -m vectorstore build`."
        )
    return f"{path} is no faiss index that is known here (it starts with {fourcc!r}). {_AGAIN}"


def map_flat(path: Path, *, read_ahead: bool = True) -> tuple[Vectors, Metric]:
    """The vectors, shape (count, dim), as a read-only float32 view of the mapped file; the metric.

    Without `read_ahead` the kernel reads only the pages that are asked for, where it can be told.

    The view is not aligned (the header has 45 bytes): numpy copies it whole for a product, so
    take it block by block, as `vectorstore.exact` does. The map lives as long as the view.
    """
    header = read_header(path)
    with path.open("rb") as file:
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    if not read_ahead and hasattr(mmap, "MADV_RANDOM"):
        mapped.madvise(mmap.MADV_RANDOM)
    flat = np.frombuffer(mapped, np.dtype("<f4"), header.count * header.dim, HEADER.size)
    return flat.reshape(header.count, header.dim), header.metric


def read_flat(path: Path) -> tuple[Vectors, Metric]:
    """The vectors, shape (count, dim), float32, aligned and in memory; the metric."""
    header = read_header(path)
    flat = np.fromfile(path, np.dtype("<f4"), header.count * header.dim, offset=HEADER.size)
    return flat.reshape(header.count, header.dim), header.metric


class FlatWriter:
    """Writes a flat index block by block; the file is what faiss's write_index writes, byte by byte.

    A context manager; the header gets its count at the end. `keep`: go on behind that many rows of
    the file that is there.
    """

    def __init__(self, path: Path, *, dim: int, metric: Metric, keep: int = 0) -> None:
        self.count = keep
        self._dim = dim
        self._metric: Metric = metric
        self._file: BinaryIO = path.open("r+b" if keep else "wb")
        self._write_header()
        self._file.seek(HEADER.size + 4 * dim * keep)
        self._file.truncate()

    def __enter__(self) -> FlatWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._file:
            self._file.seek(0)
            self._write_header()

    def append(self, vectors: Vectors) -> None:
        """Append rows, shape (n, dim), float32. Raises ValueError for another shape."""
        if vectors.ndim != 2 or vectors.shape[1] != self._dim:
            raise ValueError(f"vectors of shape {vectors.shape} for an index of dim {self._dim}")
        self._file.write(np.ascontiguousarray(vectors, np.dtype("<f4")).tobytes())
        self.count += len(vectors)

    def flush(self) -> None:
        """Hand over to the system what was appended: it survives the end of this process."""
        self._file.flush()

    def _write_header(self) -> None:
        code = {name: code for code, name in METRICS.items()}[self._metric]
        floats = self.count * self._dim
        self._file.write(
            HEADER.pack(
                FOURCC[self._metric], self._dim, self.count, UNUSED, UNUSED, True, code, floats
            )
        )
