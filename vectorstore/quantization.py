"""What an index that is not exact loses, measured on questions whose true neighbours are known."""

from __future__ import annotations

import statistics

import numpy as np

from vectorstore.manifest import Loss
from vectorstore.samples import Samples
from vectorstore.searching import Searched

CONFIDENCE = 1.64  # standard errors: 95 % of new means lie above what is so many below this one


def measure(samples: Samples, index: Searched) -> Loss:
    """Ask the index all the samples. None lose nothing."""
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
    error = statistics.stdev(shares) / len(shares) ** 0.5 if len(shares) > 1 else 0.0
    least = max(0.0, round(round(recall, 4) - CONFIDENCE * error, 4))
    return Loss(len(samples), round(recall, 4), round(max(errors), 5), least)
