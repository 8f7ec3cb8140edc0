"""What a document store is: its documents, its hits, its errors, and what it asks of an embedder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from vectorstore.commandline import CommandError, Exit

Metric = Literal["ip", "l2"]
Vectors = NDArray[np.float32]
# How the URL of a store that is no folder begins. `qdrant:FOLDER` is no URL.
STORE_URLS = ("postgresql://", "postgres://", "qdrant+http://", "qdrant+https://")


class StoreError(CommandError):
    """A store, source or folder that is refused (exit code 1) or cannot be read (exit code 2)."""

    def __init__(self, message: str, exit_code: Exit = Exit.NO) -> None:
        super().__init__(message, exit_code)


class FilesChanged(StoreError):
    """The files of a store were changed in place after it was opened."""


class OtherModel(StoreError):
    """What was opened holds vectors of another model now. The text names no host."""


@dataclass(frozen=True, slots=True)
class Document:
    """A text with its id, unique in its store, and metadata that JSON can hold."""

    id: str
    text: str
    metadata: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Hit:
    """A document found, and how near it is.

    `score`: higher is nearer. For vectors of unit length it is the cosine similarity. For other
    vectors in an L2 index it is 1 - distance²/2, in an inner-product index the product with the
    question's direction: both rank as the index does, neither is a cosine.
    """

    document: Document
    score: float


@dataclass(frozen=True, slots=True)
class StoreInfo:
    """What a store says about itself.

    `metric` is "ip" (inner product) or "l2"; `kind` the kind of index ("flat", "sq8", or a name such
    as "ivf-flat" of one that faiss searches); the model is the one whose vectors the store holds,
    `model_sha256` that of its source weights.
    """

    folder: Path
    count: int
    dim: int
    metric: Metric
    kind: str
    model_name: str
    model_sha256: str


class ModelIdentity(Protocol):
    """Which model made a vector. Files of one source (all recipes) share the sha256."""

    @property
    def name(self) -> str: ...

    @property
    def sha256(self) -> str: ...

    @property
    def dim(self) -> int: ...


class Embedder(ModelIdentity, Protocol):
    """Turns texts into vectors of `dim` float32 numbers."""

    def embed_query(self, text: str) -> list[float]: ...

    def embed_documents(self, texts: list[str]) -> list[list[float]]: ...


class VectorStore(Protocol):
    """An opened store. `search` may be called from several threads at once."""

    @property
    def info(self) -> StoreInfo: ...

    def search(
        self, vector: Vectors, k: int, *, where: Mapping[str, Any] | None = None
    ) -> list[Hit]:
        """The `k` documents nearest to `vector` (float32, shape (dim,)), nearest first.

        `where`: only documents whose metadata has these values; a list stands for any of its items.
        Equally near documents come in the order in which they are stored. An approximate index may
        find fewer than there are.
        """
        ...

    def documents(self, ids: Sequence[str]) -> list[Document]:
        """The documents with these ids, in this order; those that there are not are left out."""
        ...

    def close(self) -> None:
        """Release the files. Searching afterwards raises StoreError."""
        ...


@runtime_checkable
class Remote(Protocol):
    """A store on a server that may not answer."""

    def cut_off(self) -> None:
        """End the search that runs, in whichever thread, with StoreError; nothing is searched after."""
        ...


def without_secrets(address: str) -> str:
    """`USER:PASSWORD@HOST/PATH?PARAMETERS` without user, password and parameters."""
    return address.rpartition("@")[2].partition("?")[0]
