"""Texts of a given number of tokens, the same on every run."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

from vectorstore.onnx_embeddings import OnnxEmbeddings

DOCUMENTS, SHORTEST, LONGEST = 500, 3, 250


class TextMaker:
    """Makes texts of those words of `source` that are one token to the model in `folder`."""

    def __init__(self, folder: Path, source: Sequence[str], seed: int = 512) -> None:
        tokenizer = OnnxEmbeddings(folder)
        words = sorted({word for text in source for word in text.split()})
        self._words = [word for word in words if len(tokenizer._tokens(word)) == 3]  # [CLS] w [SEP]
        self._chosen = random.Random(seed)

    def of(self, tokens: int) -> str:
        """A text of `tokens` tokens, those at its ends included."""
        return " ".join(self._chosen.choices(self._words, k=tokens - 2))

    def documents(self) -> list[str]:
        """500 texts of 3 to 250 tokens, in no order."""
        return [self.of(self._chosen.randint(SHORTEST, LONGEST)) for _ in range(DOCUMENTS)]
