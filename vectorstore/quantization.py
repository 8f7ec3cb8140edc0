"""Replace a flat index by a quantized one, and measure what that costs."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from vectorstore.exact import nearest
from vectorstore.flat import map_flat
from vectorstore.manifest import Loss
from vectorstore.sq8 import map_sq8, quantize

QUESTIONS = 200
NEIGHBOURS = 10


def quantize_file(path: Path) -> Loss:
    """Make the flat index `path` one of kind sq8, a quarter of the size. Gives the measured loss."""
    flat = path.with_suffix(".flat")
    path.rename(flat)
    vectors, metric = map_flat(flat)
    quantize(vectors, metric, path)
    loss = measure(flat, path)
    del vectors
    flat.unlink()
    return loss


def measure(flat: Path, quantized: Path, questions: int = QUESTIONS) -> Loss:
    """Search up to `questions` stored vectors, spread over the store, in both indexes.

    A vector's neighbours are the others: that each finds itself would say nothing. Fewer than two
    vectors have no neighbours and lose nothing.
    """
    exact, metric = map_flat(flat)
    coarse, _ = map_sq8(quantized)
    count = len(exact)
    rows = range(0, count, max(1, -(-count // questions))) if count > 1 else range(0)
    shares, errors = [], [0.0]
    for row in rows:
        query = np.array(exact[row])
        true, true_scores = nearest(exact, metric, query, NEIGHBOURS + 1)
        found, scores = nearest(coarse, metric, query, NEIGHBOURS + 1)
        others = set(true[true != row][:NEIGHBOURS].tolist())
        shares.append(len(others & set(found[found != row][:NEIGHBOURS].tolist())) / len(others))
        known = dict(zip(true.tolist(), true_scores.tolist(), strict=True))
        both = zip(found.tolist(), scores.tolist(), strict=True)
        errors += [abs(score - known[at]) for at, score in both if at in known]
    recall = float(np.mean(shares)) if shares else 1.0
    return Loss(len(rows), round(recall, 4), round(max(errors), 5))
