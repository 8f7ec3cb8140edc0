"""Compares a recipe's vectors with those of the fp32 export of the same weights."""

from __future__ import annotations

import os
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from tools.migrate.export.texts import Texts
from vectorstore.commandline import CommandError
from vectorstore.onnx_embeddings import OnnxEmbeddings

TOP = 4
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Bar:
    """What a recipe must reach; design.md gives the defaults."""

    overlap: float = 0.95
    p01: float = 0.999
    cosine: float = 0.997


@dataclass(frozen=True)
class Parity:
    """How near a recipe comes to fp32.

    `overlap` is the mean share of fp32's first four documents that are among the recipe's first
    four; `same_top4` the share of questions where all four are the same; `p01` and `minimum` are
    of the cosine between a text's two vectors.
    """

    texts: int
    questions: int
    overlap: float
    same_top4: float
    mean: float
    p01: float
    minimum: float
    corpus: str

    def failed(self, bar: Bar) -> list[str]:
        """What lies below the bar, in words; empty when nothing does."""
        table = (
            ("mean top-4 overlap", self.overlap, bar.overlap),
            ("cosine, first percentile", self.p01, bar.p01),
            ("cosine, minimum", self.minimum, bar.cosine),
        )
        return [
            f"{what} {value:.5f} < {least:g}"
            for what, value, least in table
            if not value >= least  # NaN is below every bar
        ]

    def settings(self) -> dict[str, Any]:
        """What embedding.json records."""
        return {**asdict(self), "onnxruntime": onnxruntime.__version__}


def embed(folder: Path, texts: Texts) -> Floats:
    """The vectors of all texts, float32 (n, dim) of unit length, prefixes included.

    Raises CommandError where one is no vector.
    """
    model = OnnxEmbeddings(folder.resolve(), threads=os.cpu_count() or 1, normalize=True)
    documents = [model.document_prefix + text for text in texts.documents]
    others = [model.query_prefix + text for text in (*texts.questions, *texts.others)]
    with np.errstate(invalid="ignore"):  # an infinite vector has no unit length: said below
        vectors = model.encode([*documents, *others])
    return checked(model.name, vectors)


def checked(name: str, vectors: Floats) -> Floats:
    """The vectors, when each is one: numbers, and not all of them zero. Else CommandError."""
    lost = int((~np.isfinite(vectors).all(axis=1) | ~vectors.any(axis=1)).sum())
    if lost:
        raise CommandError(
            f"{name} gives no vector (not a number, infinite, or nothing but zeros) for {lost} of"
            f" {len(vectors)} texts: its weights are damaged. Nothing was written; download the"
            " model again."
        )
    return vectors


def compare(reference: Floats, vectors: Floats, texts: Texts, corpus: str) -> Parity:
    """The figures of `vectors` beside the `reference`, both as `embed` returns them."""
    cosines = (reference.astype(np.float64) * vectors).sum(axis=1)
    wanted, found = _top(reference, texts), _top(vectors, texts)
    shared = np.array([len(set(a) & set(b)) for a, b in zip(wanted, found, strict=True)])
    return Parity(
        texts=texts.count,
        questions=len(texts.questions),
        overlap=round(float(shared.mean()) / TOP, 4),
        same_top4=round(float((shared == TOP).mean()), 4),
        mean=round(float(cosines.mean()), 6),
        p01=round(float(np.percentile(cosines, 1)), 6),
        minimum=round(float(cosines.min()), 6),
        corpus=corpus,
    )


def builtin_corpus() -> str:
    """How figures name the docstrings they were measured on."""
    return (
        f"docstrings of the standard library of Python {'.'.join(map(str, sys.version_info[:3]))}"
    )


def _top(vectors: Floats, texts: Texts) -> list[list[int]]:
    """The first four documents of each question; a question that is a document skips itself."""
    documents = vectors[: len(texts.documents)]
    questions = vectors[len(documents) :][: len(texts.questions)]
    scores = questions @ documents.T
    if texts.questions == texts.documents:
        np.fill_diagonal(scores, -np.inf)
    found: list[list[int]] = np.argsort(-scores, axis=1)[:, :TOP].tolist()
    return found
