"""`manifest.json`: what a store folder holds, with the sha256 of its files."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

from vectorstore.base import Metric, StoreError, StoreInfo
from vectorstore.commandline import Exit

SCHEMA = 1
MANIFEST = "manifest.json"
INDEX = "index.faiss"
DOCUMENTS = "documents.sqlite"
VECTORS = "vectors.faiss"
AGAIN = (
    "Build it again with `python -m vectorstore build` (or `convert`, from a LangChain folder), or"
    " copy the whole folder again."
)


@dataclass(frozen=True, slots=True)
class Model:
    """Name and sha256 of the source weights: vectors of all recipes of one source are compatible."""

    name: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Loss:
    """What quantizing cost, measured when the store was built, against its vectors as they were.

    `questions` made from vectors of the store (`vectorstore.samples`) were searched in both;
    `recall_at_10` is the share of their ten true neighbours that the index finds, `score_error` the
    largest difference of a score of these. `least`: what new questions of the same kind find with
    95 % confidence (one standard error of the mean times 1.64 below it); 0, which is certain, where
    the store is from before that was measured.
    """

    questions: int
    recall_at_10: float
    score_error: float
    least: float = 0.0


@dataclass(frozen=True, slots=True)
class Search:
    """How an inverted-file index is searched: `probes` lists are read for a question.

    `reranked`: how many of the nearest by their codes are compared by their vectors; 0 for none.
    """

    probes: int
    reranked: int = 0


@dataclass(frozen=True, slots=True)
class IndexFile:
    kind: str
    file: str
    sha256: str
    loss: Loss | None = None
    search: Search | None = None
    sampled: str | None = None  # see vectorstore.checking


@dataclass(frozen=True, slots=True)
class DataFile:
    file: str
    sha256: str
    sampled: str | None = None


@dataclass(frozen=True, slots=True)
class Manifest:
    dim: int
    metric: Metric
    count: int
    model: Model
    index: IndexFile
    documents: DataFile
    vectors: DataFile | None = None  # as they were, where the index keeps only their codes

    @property
    def files(self) -> list[IndexFile | DataFile]:
        return [part for part in (self.index, self.documents, self.vectors) if part]

    def info(self, folder: Path) -> StoreInfo:
        return StoreInfo(
            folder=folder,
            count=self.count,
            dim=self.dim,
            metric=self.metric,
            kind=self.index.kind,
            model_name=self.model.name,
            model_sha256=self.model.sha256,
        )

    def write(self, folder: Path) -> None:
        """Write it whole or not at all."""
        data = _without_none({"schema": SCHEMA, **asdict(self)})
        text = json.dumps(data, indent=2, ensure_ascii=False)
        new = folder / f"{MANIFEST}.new"
        new.write_text(text + "\n", encoding="utf-8")
        os.replace(new, folder / MANIFEST)


def _without_none(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return {key: _without_none(item) for key, item in value.items() if item is not None}


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a store folder.

    Raises StoreError with what to run: exit code 2 when there is no store, 1 when it is damaged or
    of another schema.
    """
    path = folder / MANIFEST
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise StoreError(_no_store(folder, error), Exit.ERROR) from error
    except (ValueError, RecursionError) as error:
        raise StoreError(f"{path} is damaged: it is not JSON ({error}). {AGAIN}") from error
    schema = data.get("schema") if isinstance(data, dict) else None
    if schema != SCHEMA:
        raise StoreError(
            f"{path} has schema {schema!r}; this version reads schema {SCHEMA}. {AGAIN}"
        )
    try:
        return _parse(data)
    except (KeyError, TypeError, ValueError) as error:
        raise StoreError(f"{path} is damaged ({_reason(error)}). {AGAIN}") from error


def _no_store(folder: Path, error: OSError) -> str:
    if not folder.exists():
        return (
            f"there is no store at {folder}. Make one: `python -m vectorstore build SOURCE --model"
            f" MODEL --out {folder}`."
        )
    if any(folder.glob("*.pkl")):
        return (
            f"{folder} is a LangChain FAISS folder, not a store. Convert it: `python -m vectorstore"
            f" convert {folder} --model MODEL`."
        )
    return f"{folder} is no store: {MANIFEST} cannot be read ({error.strerror}). {AGAIN}"


def _reason(error: Exception) -> str:
    return f"{error} is missing" if isinstance(error, KeyError) else str(error)


def _parse(data: dict[str, Any]) -> Manifest:
    model, index, documents = data["model"], data["index"], data["documents"]
    metric = _text(data, "metric")
    if metric not in ("ip", "l2"):
        raise ValueError(f"metric is {metric!r}, not ip or l2")
    return Manifest(
        dim=_number(data, "dim"),
        metric=cast(Metric, metric),
        count=_number(data, "count"),
        model=Model(_text(model, "name"), _text(model, "sha256")),
        index=IndexFile(
            _text(index, "kind"),
            _file(index, INDEX),
            _text(index, "sha256"),
            _loss(index),
            _search(index),
            index.get("sampled"),
        ),
        documents=_data(documents, DOCUMENTS),
        vectors=_data(data["vectors"], VECTORS) if "vectors" in data else None,
    )


def _data(part: dict[str, Any], name: str) -> DataFile:
    return DataFile(_file(part, name), _text(part, "sha256"), part.get("sampled"))


def _search(index: dict[str, Any]) -> Search | None:
    search = index.get("search")
    if search is None:
        return None
    if _number(search, "probes") < 1:
        raise ValueError("probes is 0")
    return Search(search["probes"], _number(search, "reranked"))


def _loss(index: dict[str, Any]) -> Loss | None:
    loss = index.get("loss")
    if loss is None:
        return None
    return Loss(
        _number(loss, "questions"),
        float(loss["recall_at_10"]),
        float(loss["score_error"]),
        float(loss.get("least", 0.0)),
    )


def _number(data: dict[str, Any], key: str) -> int:
    value = data[key]
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError(f"{key} is {value!r}, not a number")
    return value


def _text(data: dict[str, Any], key: str) -> str:
    value = data[key]
    if not isinstance(value, str):
        raise ValueError(f"{key} is {value!r}, not text")
    return value


def _file(data: dict[str, Any], expected: str) -> str:
    if _text(data, "file") != expected:
        raise ValueError(f"it names another file than {expected}")
    return expected
