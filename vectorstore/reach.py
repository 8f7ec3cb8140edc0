"""What a model reads of a text: chunks that fit, and a warning for records that do not."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from vectorstore.base import Document
from vectorstore.chunking import Chunker
from vectorstore.commandline import CommandError
from vectorstore.token_counter import TokenCounter

# Models that read more are asked for less: a chunk of 500 tokens has several subjects, and one
# vector for them.
DEFAULT_SIZE = 254


@dataclass(frozen=True, slots=True)
class ModelChunker(Chunker):
    """A chunker that knows how many tokens of a text the model reads: `reach`."""

    reach: int = DEFAULT_SIZE


def model_chunker(model: Path, size: int | None, overlap: int | None) -> ModelChunker:
    """A chunker for the model folder; `size` and `overlap` in tokens, None for the default.

    Raises CommandError for a size beyond what the model reads, and for an overlap of more than half
    of the size.
    """
    counter = TokenCounter(model)
    settings = json.loads((model / "embedding.json").read_text(encoding="utf-8"))
    prefix = Chunker(tokens=counter).weigh(settings["document_prefix"])
    reach = int(settings["max_tokens"]) - counter.special - prefix
    size = min(reach, DEFAULT_SIZE) if size is None else size
    overlap = size // 8 if overlap is None else overlap
    if size > reach:
        raise CommandError(
            f"--chunk-size {size}: {settings['name']} reads {reach} tokens of a text, and what"
            " follows them is not searched. Choose at most that."
        )
    if overlap > size // 2:
        raise CommandError(
            f"--overlap {overlap} is more than half of the chunk size, {size}. Choose at most"
            f" {size // 2}."
        )
    return ModelChunker(size, overlap, counter, reach)


def watched(
    documents: Iterable[Document], chunker: ModelChunker, longer: list[Document]
) -> Iterator[Document]:
    """Passes the documents on, and adds those that the model does not read to their end to `longer`."""
    for document in documents:
        # A token has at least one character.
        if len(document.text) > chunker.reach and chunker.weigh(document.text) > chunker.reach:
            longer.append(document)
        yield document
