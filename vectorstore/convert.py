"""Convert a LangChain FAISS folder into a store: same vectors, bit for bit, no pickle executed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from vectorstore.base import Embedder, StoreError, StoreInfo
from vectorstore.langchain_folder import LangchainFolder, check_langchain_folder
from vectorstore.saved_index import is_close
from vectorstore.writing import check_target, write_store

SAMPLES = 16
SAME_COSINE = 0.99
# Product quantizers give vectors back with cosines from about .6; another model's are near 0.
SAME_COSINE_COARSE = 0.5
SAME_SHARE = 0.75


@dataclass(frozen=True, slots=True)
class Comparison:
    """Stored vectors against those of an embedder for the same texts, as cosines, sample by sample.

    `same_cosine` is the cosine from which two are the same; `kind` the kind of index. No cosines
    for an empty store, and where the index cannot give its vectors back: then `unchecked` is true.
    """

    ids: tuple[str, ...]
    cosines: tuple[float, ...]
    kind: str = "flat"
    same_cosine: float = SAME_COSINE
    unchecked: bool = False

    @property
    def lowest(self) -> float:
        return min(self.cosines, default=1.0)

    @property
    def median(self) -> float:
        return float(np.median(self.cosines)) if self.cosines else 1.0

    @property
    def differing(self) -> tuple[str, ...]:
        """The ids of texts whose vector is another one (cosine below `same_cosine`)."""
        pairs = zip(self.ids, self.cosines, strict=True)
        return tuple(name for name, cosine in pairs if cosine < self.same_cosine)

    @property
    def same_model(self) -> bool:
        # Some may differ honestly: texts edited after they were embedded, or cut at another length.
        return len(self.differing) <= (1 - SAME_SHARE) * len(self.cosines)


def convert_langchain(
    folder: Path,
    out: Path,
    *,
    embedder: Embedder,
    index_name: str = "index",
    force: bool = False,
    report: Callable[[Comparison], None] = lambda comparison: None,
) -> StoreInfo:
    """Write the store `out` from what LangChain's `FAISS.save_local(folder, index_name)` wrote.

    The index is copied byte for byte, without the id map that may be around it. Up to 16 texts are
    embedded again; unless three quarters of them have a cosine of .99 to the stored vectors (.5 for
    coarse codes such as a product quantizer's), the store is another model's and refused. `report`
    gets the figures. Raises StoreError; `folder` is only read.
    """
    check_target(Path(out), force=force)
    langchain = check_langchain_folder(folder, index_name)
    comparison = compare(langchain, embedder)
    if not comparison.same_model:
        raise StoreError(
            f"the vectors in {langchain.index} are not those of {embedder.name}: embedded again,"
            f" {len(comparison.differing)} of {len(comparison.cosines)} texts have a cosine below"
            f" {comparison.same_cosine} to their stored vector (median {comparison.median:.3f}). Convert with"
            " the model that the store was made with, or build it again with this one."
        )
    report(comparison)
    return write_store(out, langchain.vectors, langchain.documents(), model=embedder, force=force)


def compare(langchain: LangchainFolder, embedder: Embedder, samples: int = SAMPLES) -> Comparison:
    """Embed up to `samples` texts, spread over the store, again. Raises StoreError on another dim."""
    if langchain.dim != embedder.dim:
        raise StoreError(
            f"the vectors in {langchain.index} have dim {langchain.dim}, those of {embedder.name}"
            f" {embedder.dim}: another model made them. Convert with that model, or build the store"
            " again with this one."
        )
    step = max(1, -(-langchain.count // samples))
    documents = list(islice(langchain.documents(), 0, None, step))
    if not documents:
        return Comparison((), ())
    sampled = langchain.vectors.vectors(np.arange(0, langchain.count, step))
    if sampled is None:
        return Comparison((), (), langchain.kind, unchecked=True)
    stored = np.asarray(sampled, np.float64)
    again = np.asarray(embedder.embed_documents([item.text for item in documents]), np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        norms = np.linalg.norm(stored, axis=1) * np.linalg.norm(again, axis=1)
        cosines = (stored * again).sum(axis=1) / norms
    # A vector of zeros, or of no numbers, is like nothing else.
    cosines[~np.isfinite(cosines)] = -1
    bar = SAME_COSINE if is_close(langchain.kind) else SAME_COSINE_COARSE
    names = tuple(item.id for item in documents)
    return Comparison(names, tuple(map(float, cosines)), langchain.kind, bar)
