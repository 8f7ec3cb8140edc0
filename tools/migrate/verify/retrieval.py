"""Compare what the converted app retrieves with what the legacy embedder's own vectors retrieve."""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tools.migrate.verify.environment import Environment
from vectorstore.commandline import CommandError

TOP = 4
MIN_OVERLAP = 0.95

# Runs in the converted repository's own environment, with its own runtime and nothing of ours.
RETRIEVE = """
import json, sys
from fit512_runtime.langchain_store import load_local
from fit512_runtime.onnx_embeddings import OnnxEmbeddings
asked = json.load(sys.stdin)
embeddings = OnnxEmbeddings(asked["model"])
store = load_local(asked["store"], embeddings)
print(json.dumps([[d.page_content for d in store.similarity_search(q, k=asked["k"])] for q in asked["questions"]]))
"""

# Runs in the legacy environment (--legacy-python): the embedder that made the store.
LEGACY_EMBED = """
import json, sys
import sentence_transformers, torch
asked = json.load(sys.stdin)
model = sentence_transformers.SentenceTransformer(asked["model"], device="cpu")
made = f"sentence-transformers {sentence_transformers.__version__}, torch {torch.__version__}"
print(json.dumps([made, model.encode(asked["questions"]).tolist()]))
"""


@dataclass(frozen=True)
class Legacy:
    """The store as the legacy app had it: vectors float32 (n, dim), their metric, and their texts by row."""

    vectors: NDArray[np.float32]
    metric: str  # "l2" or "ip"
    texts: Sequence[str]

    def top(self, queries: NDArray[np.float32], k: int = TOP) -> list[list[str]]:
        """Exact search: the texts of the `k` best rows for each query of shape (m, dim)."""
        if self.metric == "ip":
            order = np.argsort(-(queries @ self.vectors.T), axis=1, kind="stable")
        else:
            squares = (self.vectors**2).sum(axis=1) - 2 * (queries @ self.vectors.T)
            order = np.argsort(squares, axis=1, kind="stable")
        return [[self.texts[row] for row in rows[:k]] for rows in order]


@dataclass(frozen=True)
class Comparison:
    """How much of the legacy answer is retrieved: shares in 0..1 over all questions."""

    questions: int
    mean_overlap: float  # of the top-k documents
    same_set: float  # share of questions with the same k documents
    same_first: float  # share with the same best document
    reference: str  # whose query vectors the legacy side is

    @property
    def equal(self) -> bool:
        return self.mean_overlap >= MIN_OVERLAP


def compare(
    expected: Sequence[Sequence[str]], found: Sequence[Sequence[str]], reference: str
) -> Comparison:
    """Compare two lists of documents for each question (texts, best first)."""
    shares = [_overlap(e, f) for e, f in zip(expected, found, strict=True)]
    first = [e[:1] == f[:1] for e, f in zip(expected, found, strict=True)]
    return Comparison(
        questions=len(shares),
        mean_overlap=round(float(np.mean(shares)), 4),
        same_set=round(float(np.mean([share == 1 for share in shares])), 4),
        same_first=round(float(np.mean(first)), 4),
        reference=reference,
    )


def retrieve(
    environment: Environment, folder: Path, model: str, store: str, questions: Sequence[str]
) -> list[list[str]]:
    """The texts that the converted code retrieves, asked in its own environment and folder."""
    asked = {"model": model, "store": store, "questions": list(questions), "k": TOP}
    answer: list[list[str]] = _ask(environment.python, RETRIEVE, asked, folder)
    return answer


def legacy_vectors(
    python: Path, model: str, questions: Sequence[str]
) -> tuple[NDArray[np.float32], str]:
    """Query vectors of the legacy embedder itself, float32 (questions, dim), and its versions."""
    asked = {"model": model, "questions": list(questions)}
    made, vectors = _ask(python, LEGACY_EMBED, asked, Path.cwd())
    return np.asarray(vectors, dtype=np.float32), made


def _overlap(expected: Sequence[str], found: Sequence[str]) -> float:
    common = Counter(expected) & Counter(found)
    return common.total() / len(expected) if expected else 1.0


def _ask(python: Path, code: str, asked: object, folder: Path) -> Any:
    done = subprocess.run(
        [str(python), "-c", code],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        cwd=folder,
        check=False,
    )
    if done.returncode:
        last = " | ".join(done.stderr.strip().splitlines()[-3:])
        raise CommandError(f"the retrieval could not be run with {python}: {last}")
    return json.loads(done.stdout.strip().splitlines()[-1])
