"""What the store's tests share: an embedder that counts letters, and LangChain's own writer."""

from __future__ import annotations

import pickle
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from vectorstore.base import Document, Vectors
from vectorstore.flat import FlatWriter

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # the packages announce their end
    from langchain_community.docstore.in_memory import InMemoryDocstore
    from langchain_community.vectorstores import FAISS
from langchain_core.documents import Document as LangchainDocument
from langchain_core.embeddings import Embeddings

MODEL = Path(__file__).parents[2] / "models" / "all-MiniLM-L6-v2"
LETTERS = "abcdefghijklmnopqrstuvwxyz "


@dataclass(frozen=True)
class Letters(Embeddings):
    """Unit vectors of how often each letter occurs: quick, and near for similar words."""

    name: str = "letters"
    sha256: str = "1e77e5" * 10
    dim: int = len(LETTERS)
    sign: int = 1

    def embed_query(self, text: str) -> list[float]:
        counts = np.array([1.0 + text.lower().count(letter) for letter in LETTERS])
        counts[0] *= self.sign
        return [float(value) for value in counts / np.linalg.norm(counts)]

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [self.embed_query(text) for text in texts]


LETTERS_MODEL = Letters()
TEXTS = ["Where is my parcel?", "How do I pay?", "Can I return shoes?"]
DOCUMENTS = [Document(f"id-{at}", text, {"page": at}) for at, text in enumerate(TEXTS)]


def vectors(texts: list[str], model: Letters = LETTERS_MODEL) -> Vectors:
    return np.asarray(model.embed_documents(texts), np.float32)


def save_langchain(
    folder: Path,
    documents: list[Document] = DOCUMENTS,
    model: Embeddings = LETTERS_MODEL,
    **options: Any,
) -> Path:
    """What LangChain itself writes for these documents."""
    store = FAISS.from_texts(
        [item.text for item in documents],
        model,
        [item.metadata for item in documents],
        ids=[item.id for item in documents],
        **options,
    )
    store.save_local(str(folder))
    return folder


def save_by_hand(folder: Path, pickled: object, texts: list[str] = TEXTS) -> Path:
    """A LangChain folder with a proper index and any pickle (bytes, or what to pickle)."""
    folder.mkdir(exist_ok=True)
    rows = vectors(texts)
    with FlatWriter(folder / "index.faiss", dim=rows.shape[1], metric="l2") as index:
        index.append(rows)
    data = pickled if isinstance(pickled, bytes) else pickle.dumps(pickled)
    (folder / "index.pkl").write_bytes(data)
    return folder


def docstore(documents: dict[str, Any]) -> InMemoryDocstore:
    return InMemoryDocstore(documents)


def langchain_document(text: str, **metadata: Any) -> LangchainDocument:
    return LangchainDocument(page_content=text, metadata=metadata)
