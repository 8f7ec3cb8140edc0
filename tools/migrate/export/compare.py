"""`export --compare MODEL…`: what models and recipes cost and find, before one is chosen."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tools.migrate.export import parity
from tools.migrate.export.export import Say, settings_of, texts_for, with_graph
from tools.migrate.export.exporter import Origin, write_model
from tools.migrate.export.hub import HubSource
from tools.migrate.export.labelled import Labelled
from tools.migrate.export.measure import measure
from tools.migrate.export.quality import retrieve
from tools.migrate.export.recipes import RECIPES
from tools.migrate.export.routes import choose
from tools.migrate.export.sources import Source, find, resolve
from tools.migrate.export.weights import sha256_of
from vectorstore.commandline import CommandError, Exit
from vectorstore.onnx_embeddings import ModelError

ORGANIZATION = "sentence-transformers"


@dataclass(frozen=True)
class Comparison:
    """What to compare: `models` as `export` takes them, or folders that it has written."""

    models: tuple[str, ...]
    labelled: Labelled
    k: int
    recipes: tuple[str, ...] = tuple(RECIPES)
    route: str = "auto"
    bar: parity.Bar = field(default_factory=parity.Bar)
    texts: Path | None = None
    sha256: str | None = None


@dataclass(frozen=True)
class Row:
    """A model in one recipe: its files, a process with it alone, and what it finds.

    `peak_mib`, `anonymous_mib` and `question_ms` are those of `measure.Taken`; `recall` and `mrr`
    those of `quality.Quality`; `overlap`, `mean` and `minimum` those of `parity.Parity` beside fp32
    (None for a folder that is exported already), and `below` what is below the bar, in words.
    """

    model: str
    recipe: str
    dim: int
    max_tokens: int
    file_mib: float
    peak_mib: float
    anonymous_mib: float | None
    question_ms: float
    recall: float
    mrr: float
    overlap: float | None = None
    mean: float | None = None
    minimum: float | None = None
    below: tuple[str, ...] = ()


@dataclass(frozen=True)
class NotMeasured:
    """A model that could not be had, or does not run here; and why."""

    model: str
    not_measured: str
    exit_code: Exit


def compare_models(asked: Comparison, say: Say) -> list[Row | NotMeasured]:
    """Measure every model in every recipe; what is exported for that is removed again."""
    rows: list[Row | NotMeasured] = []
    with tempfile.TemporaryDirectory(prefix="fit512-compare-") as work:
        questions = Path(work) / "questions.json"
        questions.write_text(json.dumps(asked.labelled.questions), encoding="utf-8")
        for model in asked.models:
            try:
                rows += _rows(model, asked, questions, say)
            except (CommandError, ModelError) as error:
                code = error.exit_code if isinstance(error, CommandError) else Exit.ERROR
                rows.append(NotMeasured(model, str(error), code))
                say(f"{model} is not measured (the reason stands in the result)")
    return rows


def _rows(model: str, asked: Comparison, questions: Path, say: Say) -> list[Row]:
    folder = Path(model)
    if (folder / "embedding.json").is_file():
        say(f"measuring {model}")
        return [_row(model, folder, asked, questions, {})]
    with _exported(model, asked, say) as found:
        rows = []
        for recipe, (exported, beside) in found.items():
            say(f"measuring {model}, {recipe}")
            rows.append(_row(model, exported, asked, questions, beside))
        return rows


def _row(
    model: str, folder: Path, asked: Comparison, questions: Path, beside: dict[str, Any]
) -> Row:
    settings = settings_of(folder)
    found = retrieve(folder, asked.labelled, asked.k)
    taken = measure(folder, questions)
    size = sum(file.stat().st_size for file in folder.glob("model.onnx*"))
    return Row(
        model=model,
        recipe=settings["recipe"],
        dim=settings["dim"],
        max_tokens=settings["max_tokens"],
        file_mib=round(size / 2**20, 3),
        **asdict(taken),
        **asdict(found),
        **beside,
    )


@contextmanager
def _exported(
    name: str, asked: Comparison, say: Say
) -> Iterator[dict[str, tuple[Path, dict[str, Any]]]]:
    """A folder for each recipe, and how near that comes to fp32."""
    source = _source(name, asked)
    with (
        source.open() as path,
        tempfile.TemporaryDirectory(prefix="fit512-compare-") as work,
    ):
        model = with_graph(choose(path, asked.route), Path(work), say)
        origin = Origin(source.kind, source.reference, None, sha256_of(model.identity))
        folders = {
            recipe: Path(work) / recipe for recipe in dict.fromkeys((*asked.recipes, "fp32"))
        }
        for recipe, folder in folders.items():
            say(f"writing {name}, {recipe}")
            write_model(model, origin, source.name, recipe, folder)
        texts, corpus = texts_for(asked.texts, model.shape)
        reference = parity.embed(folders["fp32"], texts)
        found = {}
        for recipe in asked.recipes:
            vectors = parity.embed(folders[recipe], texts)
            near = parity.compare(reference, vectors, texts, corpus)
            beside = {key: getattr(near, key) for key in ("overlap", "mean", "minimum")}
            found[recipe] = folders[recipe], beside | {"below": tuple(near.failed(asked.bar))}
        yield found


def _source(name: str, asked: Comparison) -> Source:
    """Where a model comes from; a bare name is that of sentence-transformers, as it means it."""
    found = resolve(name, sha256=asked.sha256, route=asked.route)
    on_hub = HubSource.parse(f"{ORGANIZATION}/{name}", asked.route)
    return found or on_hub or find(name)
