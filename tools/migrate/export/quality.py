"""How well a model retrieves: what share of the right passages comes first, and how early."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tools.migrate.export.labelled import Labelled
from tools.migrate.export.parity import Floats, embed
from tools.migrate.export.texts import Texts


@dataclass(frozen=True)
class Quality:
    """Means over the questions.

    `recall`: the share of a question's right passages (of k of them, where it has more) among the
    first k. `mrr`: one divided by the rank of the first right one, among all passages.
    """

    recall: float
    mrr: float


def retrieve(folder: Path, labelled: Labelled, k: int) -> Quality:
    """Embed passages and questions with the model in `folder`, prefixes included. CommandError."""
    texts = Texts(documents=labelled.passages, questions=labelled.questions)
    return quality(embed(folder, texts), labelled, k)


def quality(vectors: Floats, labelled: Labelled, k: int) -> Quality:
    """`vectors`: unit vectors of the passages, then of the questions, shape (n, dim)."""
    passages, questions = np.split(vectors, [len(labelled.passages)])
    order = np.argsort(-(questions @ passages.T), axis=1, kind="stable")
    return of_ranking(order.tolist(), labelled, k)


def of_ranking(order: Sequence[Sequence[int]], labelled: Labelled, k: int) -> Quality:
    """`order`: for each question the positions of what was found, the nearest first.

    Where it ends before the first right one, that counts as if it came last of infinitely many.
    """
    recalls, ranks = [], []
    for found, right in zip(order, labelled.right, strict=True):
        recalls.append(len(right.intersection(found[:k])) / min(k, len(right)))
        ranks.append(next((1 / at for at, row in enumerate(found, 1) if row in right), 0.0))
    return Quality(round(float(np.mean(recalls)), 4), round(float(np.mean(ranks)), 4))
