"""An answer as it is kept: a few hundred bytes in place of objects."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import orjson

from vectorstore.base import Document, Hit


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer and the documents it rests on."""

    text: str
    hits: list[Hit]


def pack(answer: Answer) -> bytes:
    """An answer as it is kept."""
    hits = [[h.document.id, h.document.text, h.document.metadata, h.score] for h in answer.hits]
    return zlib.compress(orjson.dumps([answer.text, hits]), 1)


def unpack(packed: bytes, most_bytes: int = 0) -> Answer:
    """The answer that was packed. Raises ValueError for anything else.

    `most_bytes`: of what it unpacks to, since a few bytes may unpack to very many; 0 for any.
    """
    unpacker = zlib.decompressobj()
    try:
        unpacked = unpacker.decompress(packed, most_bytes)
        if not unpacker.eof:
            raise ValueError("half an answer, or too large a one")
        text, found = orjson.loads(unpacked)
        return _checked(text, [Hit(Document(*document), score) for *document, score in found])
    except (zlib.error, TypeError) as error:
        raise ValueError("no answer") from error


def _checked(text: object, hits: list[Hit]) -> Answer:
    documents = [hit.document for hit in hits]
    texts = [text, *(text for one in documents for text in (one.id, one.text))]
    whole = all(type(one) is str for one in texts) and all(type(hit.score) is float for hit in hits)
    if (
        not isinstance(text, str)
        or not whole
        or any(type(d.metadata) is not dict for d in documents)
    ):
        raise ValueError("no answer")
    return Answer(text, hits)
