"""What an index that is not exact loses, measured on questions whose true neighbours are known."""

from __future__ import annotations

import numpy as np

from vectorstore.manifest import Loss
from vectorstore.samples import Samples
from vectorstore.searching import Searched


def measure(samples: Samples, index: Searched) -> Loss:
    """Ask the index all the samples. None lose nothing."""
    return measure_each(samples, index)[0]


def measure_each(samples: Samples, index: Searched) -> tuple[Loss, list[float]]:
    """The same, and the share of its neighbours that each question finds."""
    shares, errors = [], [0.0]
    for row, question in enumerate(samples.questions):
        true = samples.nearest[row].tolist()
        known = dict(zip(true, samples.scores[row].tolist(), strict=True))
        positions, scores = index.nearest(question, len(true))
        both = zip(positions.tolist(), scores.tolist(), strict=True)
        found = [abs(score - known[at]) for at, score in both if at in known]
        shares.append(len(found) / len(true))
        errors += found
    recall = float(np.mean(shares)) if shares else 1.0
    return Loss(len(samples), round(recall, 4), round(max(errors), 5)), shares
