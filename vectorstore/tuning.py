"""How many lists of an inverted-file index have to be read for the recall that is asked for."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass
from pathlib import Path

from vectorstore.manifest import Search
from vectorstore.quantization import measure
from vectorstore.samples import Samples
from vectorstore.searching import ByFaiss, Reranked, Searched

RECALL = 0.95
# How many candidates are compared by their vectors, where the codes alone do not say enough.
CANDIDATES = (64, 128, 256)
GAIN = 0.001


@dataclass(frozen=True, slots=True)
class Trial:
    """What one setting finds of the samples' neighbours, and its median ms per search.

    `recall` is their mean, `least` that of `vectorstore.manifest.Loss`, by which a setting is chosen.
    """

    search: Search
    recall: float
    least: float
    ms: float


def tuned(
    path: Path, kind: str, vectors: Path | None, samples: Samples, recall: float = RECALL
) -> Trial:
    """The cheapest setting that surely finds the share `recall`, or the best one if none does.

    `vectors`: the flat file that an ivf-rabitq index ranks its candidates by.
    """
    index = ByFaiss(path, kind)
    best: Trial | None = None
    for reranked in CANDIDATES if vectors else (0,):
        searched = Reranked(index, vectors, reranked) if vectors else index
        found = _fewest(index, searched, reranked, samples, recall)
        if best is None or found.least > best.least:
            best = found
        if best.least >= recall:
            break
    assert best is not None
    return best


def _fewest(
    index: ByFaiss, searched: Searched, reranked: int, samples: Samples, recall: float
) -> Trial:
    """Twice as many lists until they do, then halfway between until no fewer do."""
    short, trial = 0, _try(index, searched, Search(1, reranked), samples)
    while trial.least < recall and trial.search.probes < index.lists:
        short = trial.search.probes
        wider = _try(index, searched, Search(min(2 * short, index.lists), reranked), samples)
        if short >= index.lists // 8 and wider.least < min(recall, trial.least + GAIN):
            return wider if wider.least > trial.least else trial
        trial = wider
    while trial.least >= recall and trial.search.probes - short > 1:
        middle = _try(
            index, searched, Search((short + trial.search.probes) // 2, reranked), samples
        )
        if middle.least >= recall:
            trial = middle
        else:
            short = middle.search.probes
    return trial


def _try(index: ByFaiss, searched: Searched, search: Search, samples: Samples) -> Trial:
    index.probe(search.probes)
    loss = measure(samples, searched)
    times = []
    for question in samples.questions[:50]:
        started = time.perf_counter()
        searched.nearest(question, 10)
        times.append((time.perf_counter() - started) * 1000)
    return Trial(search, loss.recall_at_10, loss.least, round(statistics.median(times or [0.0]), 3))
