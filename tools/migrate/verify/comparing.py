"""The steps that compare what is retrieved, one for each committed store."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tools.migrate.verify import retrieval
from tools.migrate.verify.environment import Environment
from tools.migrate.verify.options import Options
from tools.migrate.verify.questions import generate
from tools.migrate.verify.reference import embed_reference
from tools.migrate.verify.steps import Status, Step
from tools.migrate.verify.stores import StorePair, store_pairs, unconverted
from vectorstore.commandline import CommandError

COMPARED = 120  # questions


class Comparing:
    """The stores of a converted copy beside those of the original."""

    def __init__(self, original: Path | None, copy: Path, options: Options) -> None:
        self.copy, self.options = copy, options
        self.original = original
        self.pairs = store_pairs(original, copy) if original else []
        self.unconverted = unconverted(original, copy) if original else []

    @property
    def texts(self) -> list[str]:
        return [text for pair in self.pairs for text in pair.legacy.texts]

    def steps(self, environment: Environment | None) -> list[Step]:
        steps = [self._step(environment, pair) for pair in self.pairs]
        steps += [_left(self.copy, folder) for folder in self.unconverted]
        why = "no store is committed" if self.original else "no --original to compare with"
        return steps or [Step("retrieval", Status.NOT_APPLICABLE, why)]

    def _step(self, environment: Environment | None, pair: StorePair) -> Step:
        name = f"retrieval of {pair.folder}"
        if environment is None:
            return Step(name, Status.NOT_RUN, "an earlier step failed")
        try:
            questions, vectors, reference = self._legacy_queries(pair)
            found = retrieval.retrieve(
                environment, self.copy / pair.root, pair.model, pair.name, questions
            )
        except CommandError as error:
            return Step(name, Status.FAIL, str(error))
        comparison = retrieval.compare(pair.legacy.top(vectors), found, reference)
        detail = (
            f"{comparison.questions} questions on {len(pair.legacy.texts)} texts: mean overlap of the"
            f" top {retrieval.TOP} {comparison.mean_overlap:.3f}, the same {retrieval.TOP} for"
            f" {comparison.same_set:.1%}, the same first for {comparison.same_first:.1%};"
            f" legacy side: {comparison.reference}"
        )
        status = Status.PASS if comparison.equal else Status.FAIL
        return Step(name, status, detail, asdict(comparison))

    def _legacy_queries(self, pair: StorePair) -> tuple[list[str], NDArray[np.float32], str]:
        if self.options.expected:
            return _recorded(self.options.expected)
        questions = generate(pair.legacy.texts, COMPARED)
        if self.options.legacy_python:
            model = self.options.legacy_model or pair.model_name
            vectors, made = retrieval.legacy_vectors(self.options.legacy_python, model, questions)
            return questions, vectors, f"asked of {made}"
        vectors, reference = embed_reference(self.copy / pair.root / pair.model, questions)
        return questions, vectors, reference


def _left(copy: Path, folder: Path) -> Step:
    """A store that was not converted. Where no code was either, retrieval is what it was."""
    name = f"retrieval of {folder}"
    if not any(copy.rglob("fit512_runtime/onnx_embeddings.py")):
        why = "neither the store nor the code that embeds was converted: retrieval is what it was"
        return Step(name, Status.NOT_APPLICABLE, why)
    detail = (
        "the store was not converted (the report of the conversion says why), so nothing shows what"
        " is retrieved"
    )
    return Step(name, Status.FAIL, detail)


def _recorded(file: Path) -> tuple[list[str], NDArray[np.float32], str]:
    for part in (file, file.with_suffix(".npy")):
        if not part.is_file():
            raise CommandError(f"--expected: there is no {part}.")
    about = json.loads(file.read_text("utf-8"))
    made = ", ".join(f"{name} {version}" for name, version in about["made_with"].items())
    vectors = np.load(file.with_suffix(".npy"), allow_pickle=False)
    return about["questions"], vectors, f"recorded from {made}"
