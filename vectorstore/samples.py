"""Questions whose true neighbours are known, kept with a store whose index is approximate.

They are vectors of the store, spread over it, and their neighbours the others. What `tune` needs
remains when the vectors themselves are gone. In the store's SQLite file: `samples (position INTEGER
PRIMARY KEY, vector BLOB, nearest BLOB, scores BLOB)`, little-endian float32, int64 and float32.
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

QUESTIONS = 200
NEIGHBOURS = 10
BLOCK_ROWS = 4096
TABLE = (
    "CREATE TABLE samples (position INTEGER PRIMARY KEY, vector BLOB NOT NULL,"
    " nearest BLOB NOT NULL, scores BLOB NOT NULL)"
)


@dataclass(frozen=True, slots=True)
class Samples:
    """`questions`: float32, shape (n, dim); `nearest` and `scores`: shape (n, neighbours).

    `positions`: where in the store each question stands, -1 for one that is not in it.
    """

    positions: NDArray[np.int64]
    questions: Vectors
    nearest: NDArray[np.int64]
    scores: Vectors

    def __len__(self) -> int:
        return len(self.questions)


def take_samples(vectors: Vectors, metric: Metric, questions: int = QUESTIONS) -> Samples:
    """Up to `questions` of the vectors; fewer than two have no neighbours, and give none."""
    count, dim = vectors.shape
    if count < 2:
        return Samples(*_nothing(dim))
    positions = np.arange(0, count, max(1, -(-count // questions)), dtype=np.int64)
    asked = np.array(vectors[positions], np.float32)
    found, scores = true_neighbours(vectors, metric, asked, min(NEIGHBOURS + 1, count))
    # Where equal vectors push a question out of its own neighbours, the last one goes instead.
    own = found == positions[:, None]
    own[~own.any(axis=1), -1] = True
    shape = (len(positions), found.shape[1] - 1)
    return Samples(positions, asked, found[~own].reshape(shape), scores[~own].reshape(shape))


def _nothing(dim: int) -> tuple[NDArray[np.int64], Vectors, NDArray[np.int64], Vectors]:
    none = np.empty((0, NEIGHBOURS), np.int64)
    return none[:, 0], np.empty((0, dim), np.float32), none, none.astype(np.float32)


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
    columns = (samples.questions, samples.nearest.astype("<i8"), samples.scores)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DROP TABLE IF EXISTS samples")
        connection.execute(TABLE)
        for row, position in enumerate(samples.positions.tolist()):
            blobs = [column[row].tobytes() for column in columns]
            connection.execute("INSERT INTO samples VALUES (?, ?, ?, ?)", (position, *blobs))


def read_samples(path: Path) -> Samples | None:
    """The samples in the SQLite file of a store; None for a store that was built without."""
    uri = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
    with closing(sqlite3.connect(uri, uri=True)) as connection:
        if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'samples'").fetchone():
            return None
        rows = connection.execute("SELECT * FROM samples ORDER BY position").fetchall()
    if not rows:
        return None
    positions, *columns = zip(*rows, strict=True)
    vectors, nearest, scores = (
        np.stack([np.frombuffer(blob, kind) for blob in column])
        for column, kind in zip(columns, ("<f4", "<i8", "<f4"), strict=True)
    )
    return Samples(np.array(positions, np.int64), vectors, nearest, scores)
