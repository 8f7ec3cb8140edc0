"""Which kind of index a store gets: by its size, and by what is measured of the kind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from vectorstore.base import Vectors
from vectorstore.flat import map_flat
from vectorstore.ivf import IVF_KINDS, write_ivf
from vectorstore.manifest import DOCUMENTS, INDEX, VECTORS, Loss, Search
from vectorstore.quantization import measure
from vectorstore.samples import Samples, take_samples, write_samples
from vectorstore.searching import open_index
from vectorstore.sq8 import quantize
from vectorstore.tuning import RECALL, tuned

IndexKind = Literal["flat", "sq8", "ivf-sq8", "ivf-rabitq"]
INDEX_KINDS: tuple[IndexKind, ...] = get_args(IndexKind)
# One search takes some ms there, as long as embedding the question (reports/store.json); a tenth of
# the bytes would be read as quickly by fewer rows.
FLAT_UP_TO = 50_000
SQ8_UP_TO = 200_000
Advance = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Indexed:
    """An index that was written: what it loses, and how it is searched."""

    loss: Loss | None = None
    search: Search | None = None


def candidates(count: int) -> tuple[IndexKind, ...]:
    """The kinds for so many vectors, the preferred one first; flat loses nothing and is last."""
    kinds: tuple[IndexKind, ...] = ("ivf-sq8", "sq8", "flat")
    return kinds[0 if count > SQ8_UP_TO else 1 if count > FLAT_UP_TO else 2 :]


def index_vectors(
    folder: Path,
    kind: IndexKind | None = None,
    progress: Advance = lambda count: None,
    recall: float = RECALL,
) -> Indexed:
    """Make the index of the flat VECTORS in `folder`, of `kind`, or of the first that surely finds `recall`.

    Surely: by the `least` of what it loses. An inverted-file index is set to read as few lists as
    find it. Where `kind` cannot, it is kept as good as it gets: `loss` says how good. The vectors
    themselves stay where the index needs them. Raises StoreError.
    """
    vectors, metric = map_flat(folder / VECTORS)
    kinds = (kind,) if kind else candidates(len(vectors))
    if kinds == ("flat",):
        return _flat(folder)
    samples = take_samples(vectors, metric)
    for candidate in kinds:
        if candidate == "flat":
            break
        done = _write(folder, vectors, candidate, samples, progress, recall)
        if kind or (done.loss and done.loss.least >= recall):
            del vectors
            if candidate != "ivf-rabitq":
                (folder / VECTORS).unlink()
            return done
    del vectors
    return _flat(folder)


def _flat(folder: Path) -> Indexed:
    (folder / VECTORS).rename(folder / INDEX)
    return Indexed()


def _write(
    folder: Path,
    vectors: Vectors,
    kind: IndexKind,
    samples: Samples,
    progress: Advance,
    recall: float,
) -> Indexed:
    path = folder / INDEX
    _, metric = map_flat(folder / VECTORS)
    if kind not in IVF_KINDS:
        quantize(vectors, metric, path)
        return Indexed(measure(samples, open_index(path, kind)))
    write_ivf(vectors, metric, kind, path, progress)
    write_samples(folder / DOCUMENTS, samples)
    kept = folder / VECTORS if kind == "ivf-rabitq" else None
    found = tuned(path, kind, kept, samples, recall)
    index = open_index(path, kind, found.search, kept)
    return Indexed(measure(samples, index), found.search)
