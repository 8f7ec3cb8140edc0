"""faiss's file format for 8-bit scalar quantization, written and searched without faiss.

One byte a number instead of four: each column has its own lowest value and step. Layout,
little-endian, from write_index and write_ScalarQuantizer in faiss's impl/index_write.cpp: the header
of every index (see `vectorstore.flat`) with fourcc `IxSQ`, then quantizer type int32 (0: 8 bits,
each column by itself), range type int32 and float32 (0: from the lowest to the highest value), dim
and bytes of a code uint64, the lowest values and the ranges (their number uint64, float32), the
codes (their number uint64, bytes) row by row. A byte c stands for lowest + range * (c + .5) / 255.
"""

from __future__ import annotations

import mmap
import os
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from vectorstore.base import Metric, StoreError, Vectors
from vectorstore.commandline import Exit
from vectorstore.flat import METRICS, UNUSED, FlatHeader

FOURCC = b"IxSQ"
EIGHT_BITS = 0
HEADER = struct.Struct("<4siqqq?iiifQQQ")  # up to the number of lowest values and ranges
LENGTH = struct.Struct("<Q")
BLOCK_ROWS = 4096
Codes = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Sq8Vectors:
    """Quantized vectors that are decoded when they are taken: `vectors[5:9]`, `vectors[[1, 7]]`.

    `codes`: uint8, shape (n, dim), a read-only view of the mapped file; what is taken is float32.
    """

    codes: Codes
    lowest: Vectors
    ranges: Vectors

    @property
    def shape(self) -> tuple[int, ...]:
        return self.codes.shape

    def __len__(self) -> int:
        return len(self.codes)

    def __getitem__(self, rows: Any) -> Vectors:
        decoded: Vectors = self.codes[rows].astype(np.float32)
        decoded *= self.steps
        decoded += self.base
        return decoded

    @property
    def steps(self) -> Vectors:
        """What one step of a code is worth, column by column."""
        return self.ranges / np.float32(255)

    @property
    def base(self) -> Vectors:
        """What a code of 0 stands for: the middle of its step."""
        return self.lowest + self.steps * np.float32(0.5)


def is_sq8(path: Path) -> bool:
    """Whether the file is an index that `map_sq8` reads; other scalar quantizers share the fourcc."""
    with path.open("rb") as file:
        head = file.read(HEADER.size)
    return (
        head.startswith(FOURCC)
        and len(head) == HEADER.size
        and HEADER.unpack(head)[7] == EIGHT_BITS
    )


def read_sq8_header(path: Path) -> FlatHeader:
    """Count, dim and metric, checked against the length of the file. Raises StoreError."""
    try:
        with path.open("rb") as file:
            head = file.read(HEADER.size)
            size = os.fstat(file.fileno()).st_size
    except OSError as error:
        raise StoreError(f"cannot read {path}: {error.strerror}.", Exit.ERROR) from error
    if len(head) < HEADER.size or not head.startswith(FOURCC):
        raise StoreError(f"{path} is no index of kind sq8. {_AGAIN}")
    _, dim, count, _, _, trained, code, bits, _, _, code_dim, code_size, learnt = HEADER.unpack(
        head
    )
    if (
        not (0 < dim == code_dim == code_size and learnt == 2 * dim and count >= 0 and trained)
        or bits != EIGHT_BITS
        or code not in METRICS
    ):
        raise StoreError(f"{path} has a damaged header (dim {dim}, {count} vectors). {_AGAIN}")
    expected = _codes_at(dim) + count * dim
    if size != expected:
        raise StoreError(
            f"{path} should be {expected:,} bytes long ({count:,} vectors of {dim} bytes) and is"
            f" {size:,}: {'cut short' if size < expected else 'something is appended'}. {_AGAIN}"
        )
    return FlatHeader(count=count, dim=dim, metric=METRICS[code])


_AGAIN = "Copy it again from where it came from, or build the store again."


def _codes_at(dim: int) -> int:
    return HEADER.size + 8 * dim + LENGTH.size


def map_sq8(path: Path) -> tuple[Sq8Vectors, Metric]:
    """The vectors, shape (count, dim), over the mapped file; the metric. Raises StoreError."""
    header = read_sq8_header(path)
    with path.open("rb") as file:
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    learnt = np.frombuffer(mapped, np.dtype("<f4"), 2 * header.dim, HEADER.size).copy()
    codes = np.frombuffer(mapped, np.uint8, offset=_codes_at(header.dim))
    vectors = Sq8Vectors(
        codes.reshape(header.count, header.dim), learnt[: header.dim], learnt[header.dim :]
    )
    return vectors, header.metric


def quantize(vectors: Vectors, metric: Metric, path: Path) -> None:
    """Write `vectors`, float32, shape (n, dim), as faiss's IndexScalarQuantizer would, byte by byte.

    Goes over them twice, block by block: they may be a view of a mapped file. All must be finite.
    """
    count, dim = vectors.shape
    lowest = np.full(dim, np.inf, np.float32)
    highest = np.full(dim, -np.inf, np.float32)
    for start in range(0, count, BLOCK_ROWS):
        block = vectors[start : start + BLOCK_ROWS]
        np.minimum(lowest, block.min(axis=0), out=lowest)
        np.maximum(highest, block.max(axis=0), out=highest)
    ranges = highest - lowest if count else np.zeros(dim, np.float32)
    with path.open("wb") as file:
        _write_header(file, count, metric, lowest if count else ranges, ranges)
        for start in range(0, count, BLOCK_ROWS):
            file.write(_encode(vectors[start : start + BLOCK_ROWS], lowest, ranges).tobytes())


def _write_header(
    file: BinaryIO, count: int, metric: Metric, lowest: Vectors, ranges: Vectors
) -> None:
    dim = len(lowest)
    code = {name: code for code, name in METRICS.items()}[metric]
    common = (FOURCC, dim, count, UNUSED, UNUSED, True, code)
    file.write(HEADER.pack(*common, EIGHT_BITS, 0, 0.0, dim, dim, 2 * dim))
    file.write(np.concatenate([lowest, ranges]).astype("<f4").tobytes())
    file.write(LENGTH.pack(count * dim))


def _encode(block: Vectors, lowest: Vectors, ranges: Vectors) -> Codes:
    # A column of equal values has range 0; faiss writes 0 for it too.
    steps = np.where(ranges > 0, ranges, 1)
    share = np.clip((block - lowest) / steps, 0, 1)
    return (np.float32(255) * share).astype(np.uint8)
