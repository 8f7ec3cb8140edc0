"""`vectorstore tune`: set how an inverted-file index is searched, for the recall asked for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from vectorstore.base import StoreError, Vectors
from vectorstore.checking import verify
from vectorstore.commandline import Exit
from vectorstore.flat import map_flat
from vectorstore.manifest import DOCUMENTS, INDEX, VECTORS, Manifest, Search, read_manifest
from vectorstore.quantization import measure
from vectorstore.samples import NEIGHBOURS, Samples, read_samples, true_neighbours
from vectorstore.searching import ByFaiss, open_index
from vectorstore.tuning import Trial, tuned

EXACT = "exact search"
ALL_LISTS = "a search of all lists (the vectors themselves are not in the store)"


@dataclass(frozen=True, slots=True)
class Tuned:
    """What was set, on how many questions (`own`: the caller's), and what it was compared with."""

    trial: Trial
    lists: int
    questions: int
    own: bool
    against: str


# The confidence is that of a normal distribution: it means nothing for the mean of a handful.
FEWEST = 30


def asked_in(path: Path) -> list[str]:
    """The questions of a file, one a line. Raises StoreError."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise StoreError(f"cannot read the questions in {path}: {error}.", Exit.ERROR) from error
    questions = [line.strip() for line in lines if line.strip()]
    if len(questions) < FEWEST:
        raise StoreError(
            f"{path} holds {len(questions)} questions: too few to say what others would find. Write at"
            f" least {FEWEST}, one a line, or leave them out for those of the build."
        )
    return questions


def tune_store(folder: Path, recall: float, questions: Vectors | None = None) -> Tuned:
    """Write the cheapest setting that finds `recall` of the ten nearest into the manifest.

    `questions`: shape (n, dim); without them, those that the store was built with. If no setting
    is enough, the best one is written. Raises StoreError for another kind of index.
    """
    manifest = read_manifest(folder)
    verify(folder, manifest, whole=False)
    if "ivf" not in manifest.index.kind:
        raise StoreError(
            f"the index of {folder} is {manifest.index.kind}: it reads all vectors, and there is"
            " nothing to tune. Build it with --index ivf-sq8 or ivf-rabitq."
        )
    kept = _kept(folder, manifest)
    index = ByFaiss(folder / INDEX, manifest.index.kind)
    samples, against = _samples(folder, kept, index, questions)
    trial = tuned(folder / INDEX, manifest.index.kind, kept, samples, recall)
    _set(folder, manifest, trial.search)
    return Tuned(trial, index.lists, len(samples), questions is not None, against)


def _samples(
    folder: Path, kept: Path | None, index: ByFaiss, questions: Vectors | None
) -> tuple[Samples, str]:
    if questions is None:
        samples = read_samples(folder / DOCUMENTS)
        if samples is None:
            raise StoreError(
                f"{folder} holds no samples to tune with (it was not built by this version). Give"
                " questions of yours: --questions FILE."
            )
        return samples, EXACT
    if kept:
        vectors, metric = map_flat(kept)
        true = true_neighbours(vectors, metric, questions, NEIGHBOURS)
        return Samples(questions, *true), EXACT
    index.probe(index.lists)
    found = [index.nearest(question, NEIGHBOURS) for question in questions]
    nearest = np.stack([positions for positions, _ in found]).astype(np.int64)
    scores = np.stack([scores for _, scores in found]).astype(np.float32)
    return Samples(questions, nearest, scores), ALL_LISTS


def _set(folder: Path, manifest: Manifest, search: Search) -> None:
    part, known = manifest.index, read_samples(folder / DOCUMENTS)
    index = open_index(folder / INDEX, part.kind, search, _kept(folder, manifest))
    loss = measure(known, index) if known else None
    replace(manifest, index=replace(part, search=search, loss=loss)).write(folder)


def _kept(folder: Path, manifest: Manifest) -> Path | None:
    return folder / VECTORS if manifest.vectors else None
