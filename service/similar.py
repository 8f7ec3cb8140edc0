"""Which questions may share an answer: near in meaning, and made of the same words that matter.

Nearness alone tells too little: "Can I cancel before it ships?" and "... after it ships?" have a
cosine similarity of .99, and of two long questions any one word may differ (docs/limits.md).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from service.wording import wording
from vectorstore.base import Vectors

# An entry beside its words and its vector: the objects, places in two dictionaries.
ASKED_BYTES = 700


@dataclass(slots=True)
class Asked:
    """A question without history: its words, and its vector as soon as that is known."""

    words: str
    vector: Vectors | None = None

    @classmethod
    def of(cls, question: str) -> Asked:
        return cls(wording(question))

    @property
    def size(self) -> int:
        """Bytes that it takes while its answer is kept."""
        vector = 0 if self.vector is None else self.vector.nbytes
        return ASKED_BYTES + len(self.words.encode()) + vector


class SimilarQuestions:
    """The questions whose answers are kept, by their words; of those with the same the last one.

    `least`: the cosine similarity of two questions that share an answer.
    """

    def __init__(self, least: float) -> None:
        self._least = least
        self._known: dict[str, tuple[bytes, Asked]] = {}

    def add(self, key: bytes, asked: Asked) -> None:
        """Remember that the answer to `asked` is kept under `key`."""
        if asked.words and asked.vector is not None:
            self._known[asked.words] = key, asked

    def find(self, asked: Asked) -> bytes | None:
        """The key of the answer that `asked` may have, too."""
        key, known = self._known.get(asked.words, (None, asked))
        return key if key is not None and _cosine(known, asked) >= self._least else None

    def discard(self, key: bytes, asked: Asked) -> None:
        """Forget that `asked` was answered, unless another question with its words was since."""
        if self._known.get(asked.words, (b"",))[0] == key:
            del self._known[asked.words]

    def clear(self) -> None:
        """Forget all."""
        self._known = {}


def _cosine(one: Asked, other: Asked) -> float:
    if one.vector is None or other.vector is None:
        return -1.0
    lengths = float(np.linalg.norm(one.vector) * np.linalg.norm(other.vector))
    return float(one.vector @ other.vector) / max(lengths, 1e-12)
