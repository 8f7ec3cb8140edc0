"""Tokens of a word, as the model's own tokenizer cuts it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from vectorstore.base import StoreError
from vectorstore.commandline import Exit

REMEMBERED = 100_000  # different words: about 10 MiB
REMEMBERED_CHARACTERS = 100  # of a word: longer ones hardly come twice


class TokenCounter:
    """Counts the tokens of a word; a callable. Raises StoreError where there is no tokenizer.

    A text has as many tokens as its words together, but for the special ones that every text gets:
    `special`.
    """

    special: int

    def __init__(self, model: Path) -> None:
        # With onnxruntime's module it is what the embedder loads anyway.
        from tokenizers import Tokenizer

        try:
            self._tokenizer: Any = Tokenizer.from_file(str(model / "tokenizer.json"))
        except Exception as error:  # tokenizers raises plain Exception
            raise StoreError(
                f"{model / 'tokenizer.json'} cannot be read ({error}). Export the model again.",
                Exit.ERROR,
            ) from error
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self.special = self._tokenizer.num_special_tokens_to_add(False)
        self._known: dict[str, int] = {}

    def __call__(self, word: str) -> int:
        count = self._known.get(word)
        if count is None:
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            count = len(self._tokenizer.encode(word, add_special_tokens=False).ids)
            if len(word) <= REMEMBERED_CHARACTERS:
                self._known[word] = count
        return count
