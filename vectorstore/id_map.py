"""faiss's IndexIDMap around a flat index, read without faiss: its ids, and where the vectors are.

Layout, from write_index in faiss's impl/index_write.cpp: the header of every index with fourcc
`IxMp` or `IxM2`, the flat index, the ids (their number uint64, int64 each) row by row.
"""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vectorstore.base import StoreError
from vectorstore.flat import FLAT, HEADER, FlatHeader, parse_header

FOURCCS = (b"IxMp", b"IxM2")
OUTER = struct.Struct("<4siqqq?i")
COUNT = struct.Struct("<Q")


@dataclass(frozen=True, slots=True)
class MappedFlat:
    """A flat index that stands in the file from byte `start` to byte `end`, and the ids of its rows."""

    header: FlatHeader
    ids: NDArray[np.int64]
    start: int
    end: int


def read_mapped_flat(path: Path) -> MappedFlat | None:
    """The flat index in an id map, or None if the file is another index.

    Raises StoreError for one that is cut short or damaged, and for an id that stands for two rows.
    """
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        outer = file.read(OUTER.size)
        inner = file.read(HEADER.size)
        if len(outer) < OUTER.size or outer[:4] not in FOURCCS or inner[:4] not in FLAT:
            return None
        count = max(0, OUTER.unpack(outer)[2])
        end = size - COUNT.size - 8 * count
        header = parse_header(path, inner, end - OUTER.size)
        file.seek(end)
        (listed,) = COUNT.unpack(file.read(COUNT.size))
        ids = np.fromfile(file, np.dtype("<i8"))
    if not listed == header.count == len(ids):
        raise StoreError(f"{path} is damaged: {header.count:,} vectors, {listed:,} ids.")
    if len(np.unique(ids)) < len(ids):
        raise StoreError(f"{path} gives one id to two vectors: its documents cannot be told apart.")
    return MappedFlat(header, ids, OUTER.size, end)
