"""Questions whose true neighbours are known, kept with a store whose index is approximate.

A vector of the store would be a poor question: it lies among its neighbours, and the nearest list
has them all. So questions are vectors of the store, spread over it, each turned away as far as a
question is from what answers it. What `tune` needs remains when the vectors themselves are gone. In
the store's SQLite file: `asked (vector BLOB, nearest BLOB, scores BLOB)`, little-endian float32,
int64 and float32.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vectorstore.base import Metric, Vectors
from vectorstore.exact import unit

# Fewer leave the number of lists to chance: one half of 500 real questions finds a hundredth or two
# more than the other.
QUESTIONS = 500
# Cosine of a question to its nearest passage: .61 in the middle for paragraphs of files that are not
# in the store of bench.million, .50 to .80 for four of five; nearer ones are found more easily. All
# at .6 find as much as these do, at any number of lists.
NEARNESS = 0.6
SEED = 512
NEIGHBOURS = 10
BLOCK_ROWS = 4096
TABLE = "CREATE TABLE asked (vector BLOB NOT NULL, nearest BLOB NOT NULL, scores BLOB NOT NULL)"


@dataclass(frozen=True, slots=True)
class Samples:
    """`questions`: float32, shape (n, dim); `nearest` and `scores`: shape (n, neighbours)."""

    questions: Vectors
    nearest: NDArray[np.int64]
    scores: Vectors

    def __len__(self) -> int:
        return len(self.questions)


def take_samples(vectors: Vectors, metric: Metric, questions: int = QUESTIONS) -> Samples:
    """Up to `questions` of the vectors, turned; fewer than two show no direction, and give none."""
    count, dim = vectors.shape
    if count < 2:
        none = np.empty((0, NEIGHBOURS), np.int64)
        return Samples(np.empty((0, dim), np.float32), none, none.astype(np.float32))
    asked = turned(np.array(vectors[:: -(-count // questions)], np.float32))
    return Samples(asked, *true_neighbours(vectors, metric, asked, min(NEIGHBOURS, count)))


def turned(rows: Vectors, nearness: float = NEARNESS) -> Vectors:
    """Each row with a cosine of `nearness` to itself, its length kept, in a random direction.

    The direction is a mix of all the rows, since questions differ in the ways that texts do.
    """
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    along = rows / np.where(lengths, lengths, 1)
    mixed = np.random.default_rng(SEED).standard_normal((len(rows), len(rows))) @ rows
    mixed -= (mixed * along).sum(axis=1, keepdims=True) * along
    across = np.linalg.norm(mixed, axis=1, keepdims=True)
    mixed /= np.where(across, across, 1)
    away: Vectors = lengths * (nearness * along + (1 - nearness**2) ** 0.5 * mixed)
    return away.astype(np.float32)


def true_neighbours(
    vectors: Vectors, metric: Metric, questions: Vectors, k: int
) -> tuple[NDArray[np.int64], Vectors]:
    """Positions and scores of the `k` nearest to each question, in one pass over the vectors."""
    asked = np.stack([unit(question) for question in questions]) if metric == "ip" else questions
    positions = np.empty((len(asked), 0), np.int64)
    scores = np.empty((len(asked), 0), np.float32)
    for start in range(0, len(vectors), BLOCK_ROWS):
        block = np.array(vectors[start : start + BLOCK_ROWS], np.float32)  # aligned
        found = _scores(block, metric, asked)
        best = np.argpartition(-found, min(k, len(block)) - 1, axis=1)[:, :k]
        scores = np.hstack([scores, np.take_along_axis(found, best, 1)])
        positions = np.hstack([positions, best + start])
        order = np.lexsort((positions, -scores), axis=1)[:, :k]
        scores = np.take_along_axis(scores, order, 1)
        positions = np.take_along_axis(positions, order, 1)
    return positions, scores


def _scores(block: Vectors, metric: Metric, asked: Vectors) -> Vectors:
    products: Vectors = asked @ block.T
    if metric == "ip":
        return products
    halves = np.square(asked).sum(axis=1)[:, None] / 2 + np.square(block).sum(axis=1) / 2
    distances: Vectors = 1 + products - halves
    return distances


def write_samples(path: Path, samples: Samples) -> None:
    """Put them into the SQLite file of the documents, in place of others."""
    columns = (samples.questions, samples.nearest.astype("<i8"), samples.scores.astype("<f4"))
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DROP TABLE IF EXISTS asked")
        connection.execute(TABLE)
        blobs = ([column[row].tobytes() for column in columns] for row in range(len(samples)))
        connection.executemany("INSERT INTO asked VALUES (?, ?, ?)", blobs)


def read_samples(path: Path) -> Samples | None:
    """The samples in the SQLite file of a store; None for a store that was built without."""
    uri = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
    with closing(sqlite3.connect(uri, uri=True)) as connection:
        if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'asked'").fetchone():
            return None
        rows = connection.execute("SELECT vector, nearest, scores FROM asked").fetchall()
    if not rows:
        return None
    questions, nearest, scores = (
        np.stack([np.frombuffer(blob, kind) for blob in column])
        for column, kind in zip(zip(*rows, strict=True), ("<f4", "<i8", "<f4"), strict=True)
    )
    return Samples(questions, nearest, scores)
