"""The kinds of faiss index that a store may have beside flat ones; faiss itself reads them.

A flat or sq8 index is read without faiss (`vectorstore.flat`, `vectorstore.sq8`); importing faiss
costs 13 MiB, and this module does it when an index is opened. It maps the file where the installed
faiss can (1.11 and newer), so that vectors are page cache and not memory of the process.

Only the kinds below are opened: they are the ones that are tested. Some others end the process when
faiss is asked for a vector of theirs (additive quantizers, fast-scan codes).
"""

from __future__ import annotations

import importlib.util
import os
import struct
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from vectorstore.base import Metric, StoreError, Vectors
from vectorstore.commandline import Exit
from vectorstore.flat import FLAT, METRICS, OTHER_KINDS

# Scalar quantizer types, from faiss's impl/ScalarQuantizer.h.
QUANTIZERS = {0: "sq8", 1: "sq4", 4: "fp16", 6: "sq6"}
KINDS = {
    "IndexFlat": "flat",
    "IndexFlatIP": "flat",
    "IndexFlatL2": "flat",
    "IndexHNSWFlat": "hnsw-flat",
    "IndexHNSWSQ": "hnsw-",
    "IndexIVFFlat": "ivf-flat",
    "IndexIVFPQ": "ivf-pq",
    "IndexIVFRaBitQ": "ivf-rabitq",
    "IndexIVFScalarQuantizer": "ivf-",
    "IndexPQ": "pq",
    "IndexScalarQuantizer": "",
}
ID_MAPS = ("IndexIDMap", "IndexIDMap2")
HEAD = struct.Struct("<4siq")  # of every kind: fourcc, dim, how many vectors
READABLE = {
    *FLAT,
    *(
        b"IHNf",
        b"IHNs",
        b"IwFl",
        b"IwPQ",
        b"IwSq",
        b"Iwrq",
        b"IxM2",
        b"IxMp",
        b"IxPT",
        b"IxPq",
        b"IxSQ",
    ),
}


def open_faiss(path: Path) -> Any:
    """The faiss index in `path`, mapped where faiss can.

    Raises StoreError for a kind that is not known here (named), and with exit code 2 where faiss is
    not installed or the file cannot be read.
    """
    _check_head(path)
    try:
        import faiss
    except ImportError as error:
        raise StoreError(
            f"{path} is of a kind that faiss itself has to read: pip install 'faiss-cpu>=1.11'.",
            Exit.ERROR,
        ) from error
    try:
        return faiss.read_index(str(path), getattr(faiss, "IO_FLAG_MMAP_IFC", 0))
    except (RuntimeError, MemoryError) as error:
        raise StoreError(
            f"faiss {faiss.__version__} cannot read {path}: {_reason(error)}. Copy it again from"
            " where it came from, or build the store again."
        ) from error


def is_installed() -> bool:
    return importlib.util.find_spec("faiss") is not None


def _check_head(path: Path) -> None:
    """Refuse another kind, and a number of vectors that a file of this size cannot hold."""
    try:
        with path.open("rb") as file:
            head = file.read(HEAD.size)
            size = os.fstat(file.fileno()).st_size
    except OSError as error:
        raise StoreError(f"cannot read {path}: {error.strerror}.", Exit.ERROR) from error
    fourcc = head[:4]
    if fourcc not in READABLE:
        known = OTHER_KINDS.get(fourcc)
        what = f"a faiss {known}" if known else "no faiss index that is known here"
        raise StoreError(
            f"{path} is {what} (it starts with {fourcc!r}). Read are flat indexes, scalar and"
            " product quantizers, IVF and HNSW over them, and id maps. Build the store again with"
            " `python -m vectorstore build`."
        )
    count = HEAD.unpack(head)[2] if len(head) == HEAD.size else -1
    if not 0 <= count <= size:  # a vector takes a byte at least
        raise StoreError(
            f"{path} is damaged: {size:,} bytes do not hold {count:,} vectors. Copy it again from"
            " where it came from, or build the store again."
        )


def _reason(error: Exception) -> str:
    # faiss puts its C++ function before the message.
    return " ".join(str(error).split()).rpartition("): ")[2][-200:] or type(error).__name__


def kind_of(path: Path, index: Any) -> str:
    """What the manifest calls the kind: ivf-flat, hnsw-sq8, transformed ivf-pq. Raises StoreError."""
    name = type(index).__name__
    if name == "IndexPreTransform":
        return f"transformed {kind_of(path, inner(index))}"
    kind = KINDS.get(name)
    if kind is None:
        raise StoreError(
            f"{path} holds a faiss {name}, which is not supported. Build the store again with"
            " `python -m vectorstore build`."
        )
    if kind and not kind.endswith("-"):
        return kind
    codes = index if hasattr(index, "sq") else _storage(index)
    quantizer = QUANTIZERS.get(codes.sq.qtype)
    if quantizer is None:
        raise StoreError(f"{path} is quantized in a way that is not supported ({codes.sq.qtype}).")
    return kind + quantizer


def set_probes(index: Any, lists: int) -> None:
    """Have an inverted-file index read that many lists for a question."""
    core = inner(index) if type(index).__name__ == "IndexPreTransform" else index
    core.nprobe = min(lists, core.nlist)


def lists_of(index: Any) -> int:
    """How many lists an inverted-file index has; 0 for another kind."""
    core = inner(index) if type(index).__name__ == "IndexPreTransform" else index
    return int(getattr(core, "nlist", 0))


def inner(index: Any) -> Any:
    """The index that an id map or a transform is put around."""
    import faiss

    return faiss.downcast_index(index.index)


def _storage(index: Any) -> Any:
    """The index that holds the vectors of an HNSW graph."""
    import faiss

    return faiss.downcast_index(index.storage)


def metric_of(path: Path, index: Any) -> Metric:
    metric = METRICS.get(index.metric_type)
    if metric is None:
        raise StoreError(
            f"{path} uses faiss metric {index.metric_type}; only inner product (0) and L2 (1) are"
            " known. Build the store again with one of them."
        )
    return metric


def external_ids(path: Path, index: Any) -> NDArray[np.int64]:
    """The id that a search gives for each row, in the order of the rows.

    Raises StoreError for an IVF index whose ids are not 0 to n-1 (add_with_ids, remove_ids): no row
    can be told for them.
    """
    import faiss

    if type(index).__name__ in ID_MAPS:
        return cast("NDArray[np.int64]", faiss.vector_to_array(index.id_map))
    rows = np.arange(index.ntotal, dtype=np.int64)
    core = inner(index) if type(index).__name__ == "IndexPreTransform" else index
    if hasattr(core, "invlists") and not np.array_equal(np.sort(_listed(core)), rows):
        raise StoreError(
            f"the ids in {path} are not 0 to {index.ntotal - 1:,} (vectors were removed, or added"
            " with ids of their own). Build the store again with `python -m vectorstore build`."
        )
    return rows


def _listed(index: Any) -> NDArray[np.int64]:
    import faiss

    lists = index.invlists
    found = [np.empty(0, np.int64)]
    for number in range(lists.nlist):
        ids = lists.get_ids(number)
        found.append(np.array(faiss.rev_swig_ptr(ids, lists.list_size(number)), np.int64))
        lists.release_ids(number, ids)
    return np.concatenate(found)


def reconstruct(index: Any, rows: NDArray[np.int64]) -> Vectors | None:
    """The vectors of these rows as the codes give them, shape (n, dim); None where faiss cannot."""
    try:
        if hasattr(index, "make_direct_map"):
            index.make_direct_map()
        return np.stack([index.reconstruct(int(row)) for row in rows]).astype(np.float32)
    except RuntimeError:
        return None


def search(
    index: Any, metric: Metric, query: Vectors, k: int
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Positions and scores as `vectorstore.exact.nearest` gives them, as near as the index gets.

    An approximate index may find fewer than `k`.
    """
    distances, labels = index.search(query[None], min(k, max(1, index.ntotal)))
    found = labels[0] >= 0
    positions = labels[0][found].astype(np.intp)
    values = distances[0][found].astype(np.float64)
    scores = 1 - values / 2 if metric == "l2" else values
    order = np.lexsort((positions, -scores))
    return positions[order], scores[order]
