"""What an index that is not exact loses, measured on questions whose true neighbours are known."""

from __future__ import annotations

import numpy as np

from vectorstore.manifest import Loss
from vectorstore.samples import Samples
from vectorstore.searching import Searched


def measure(samples: Samples, index: Searched) -> Loss:
    """Search all samples in the index. None lose nothing.

    A vector's neighbours are the others: that each finds itself would say nothing.
    """
    return measure_each(samples, index)[0]


def measure_each(samples: Samples, index: Searched) -> tuple[Loss, list[float]]:
    """The same, and the share of its neighbours that each question finds."""
    shares, errors = [], [0.0]
    for row, own in enumerate(samples.positions.tolist()):
        true = samples.nearest[row].tolist()
        positions, scores = index.nearest(samples.questions[row], len(true) + 1)
        others = [at for at in positions.tolist() if at != own][: len(true)]
        shares.append(len(set(true) & set(others)) / len(true))
        known = dict(zip(true, samples.scores[row].tolist(), strict=True))
        both = zip(positions.tolist(), scores.tolist(), strict=True)
        errors += [abs(score - known[at]) for at, score in both if at in known]
    recall = float(np.mean(shares)) if shares else 1.0
    return Loss(len(samples), round(recall, 4), round(max(errors), 5)), shares
