"""What the distance between two tokens adds to their attention, in MPNet and T5.

Distances fall into buckets: one each for the small ones, wider and wider ones up to `distance`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


def buckets(relative: NDArray[np.int64], count: int, distance: int) -> NDArray[np.int64]:
    """The bucket of each relative position (other token minus this one), as transformers has it.

    In float32 as there, since some borders lie on whole numbers:
    https://github.com/huggingface/transformers/blob/main/src/transformers/models/t5/modeling_t5.py
    """
    half = count // 2
    exact = half // 2
    away = np.abs(relative)
    ratio = np.log(np.maximum(away, 1).astype(np.float32) / np.float32(exact))
    steps = ratio / np.float32(np.log(distance / exact)) * np.float32(half - exact)
    far = np.minimum(exact + steps.astype(np.int64), half - 1)
    found: NDArray[np.int64] = np.where(away < exact, away, far) + half * (relative > 0)
    return found


def bias_by_distance(rows: Floats, max_tokens: int, distance: int) -> Floats:
    """float32 (heads, 2 * max_tokens - 1): the bias of the distances -(max_tokens - 1) and up.

    `rows` (buckets, heads) are those of the model.
    """
    relative = np.arange(1 - max_tokens, max_tokens, dtype=np.int64)
    return np.ascontiguousarray(rows[buckets(relative, len(rows), distance)].T)
