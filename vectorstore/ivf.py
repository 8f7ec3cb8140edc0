"""Write the inverted-file kinds of index: vectors in lists around centroids, of which a few are read.

faiss trains and encodes. The codes pass through memory (a byte a number for ivf-sq8, an eighth of
that for ivf-rabitq); the vectors are read block by block.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np

from vectorstore.base import Metric, StoreError, Vectors
from vectorstore.commandline import Exit

IvfKind = Literal["ivf-sq8", "ivf-rabitq"]
IVF_KINDS: tuple[IvfKind, ...] = get_args(IvfKind)
CODES = {"ivf-sq8": "SQ8", "ivf-rabitq": "RaBitQ"}
# k-means asks for at least 39 vectors a centroid, and more than that change little.
TRAINED_ON = 40
# Times the square root of the vectors. Of a million, 4,096 lists gave the same recall in a quarter
# of the time that 1,024 took.
LISTS = 4
BLOCK_ROWS = 16_384
MOST_LISTS = 4096


def lists_for(count: int) -> int:
    """How many lists: about four times the square root of the vectors, a power of two."""
    wanted = min(LISTS * math.sqrt(count), count / TRAINED_ON)
    return min(MOST_LISTS, 1 << round(math.log2(max(1, wanted))))


def write_ivf(
    vectors: Vectors,
    metric: Metric,
    kind: IvfKind,
    path: Path,
    progress: Callable[[int], None] = lambda count: None,
) -> None:
    """Write `vectors`, float32, shape (n, dim), may be a view of a mapped file, as an index of `kind`.

    `progress` is called with the number of vectors done. Raises StoreError where faiss is missing
    or knows no such kind.
    """
    count = len(vectors)
    index = _trained(vectors, metric, kind, lists_for(count))
    for start in range(0, count, BLOCK_ROWS):
        index.add(np.array(vectors[start : start + BLOCK_ROWS]))
        progress(min(start + BLOCK_ROWS, count))
    import faiss

    faiss.write_index(index, str(path))


def _trained(vectors: Vectors, metric: Metric, kind: IvfKind, lists: int) -> Any:
    try:
        import faiss

        code = {"ip": faiss.METRIC_INNER_PRODUCT, "l2": faiss.METRIC_L2}[metric]
        index = faiss.index_factory(vectors.shape[1], f"IVF{lists},{CODES[kind]}", code)
    except (ImportError, RuntimeError) as error:
        raise StoreError(
            f"an index of kind {kind} needs faiss 1.11 or newer: pip install 'faiss-cpu>=1.11'.",
            Exit.ERROR,
        ) from error
    step = max(1, len(vectors) // (TRAINED_ON * lists))
    index.train(np.array(vectors[::step]))
    return index
