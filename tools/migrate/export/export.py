"""The whole export: source, recipe, comparison, and the folder at its place."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tools.migrate.export import lock, optimum_route, parity
from tools.migrate.export.exporter import Origin, write_model, write_settings
from tools.migrate.export.folder import ModelFolder
from tools.migrate.export.hub import snapshot
from tools.migrate.export.parity import Bar
from tools.migrate.export.routes import choose
from tools.migrate.export.shape import Shape
from tools.migrate.export.sources import Source
from tools.migrate.export.texts import SHORT, Texts, builtin_texts, texts_from
from tools.migrate.export.weights import sha256_of
from tools.migrate.export.write import not_ours, publish, replaceable, staging
from vectorstore.commandline import CommandError, Exit
from vectorstore.onnx_embeddings import ModelError, OnnxEmbeddings

DEFAULT, FALLBACK = "w8", "fp32"
DOCUMENTS, QUESTIONS = 1000, 200
# Matrix weights of a model on which so many texts take about 3 s in each form, on two cores.
USUAL_WEIGHTS = 21_000_000

Say = Callable[[str], None]


@dataclass(frozen=True)
class Request:
    """What to export. `recipe` None: w8, or fp32 where w8 is below the bar."""

    source: Source
    out: Path | None = None
    recipe: str | None = None
    route: str = "auto"
    bar: Bar = field(default_factory=Bar)
    texts: Path | None = None
    accept_loss: bool = False
    force: bool = False


@dataclass(frozen=True)
class Result:
    """What was made. `fell_back` says why it is fp32 where w8 was meant; `existed`: no work done."""

    folder: Path
    settings: dict[str, Any]
    fell_back: tuple[str, ...] = ()
    existed: bool = False


def export_model(request: Request, say: Say) -> Result:
    """Make a model folder; raises CommandError (and leaves nothing behind) when it cannot.

    An existing folder of the same source and recipe is left as it is, and whole; a damaged one is
    made again; any other is replaced only with `force`.
    """
    source = request.source
    if source.weights_sha256 and (
        existing := _existing(request, source.name, source.weights_sha256)
    ):
        return existing
    say(f"reading {source.kind}:{source.reference}")
    with source.open() as path:
        model = choose(path, request.route)
        for note in model.notes:
            say(note)
        sha256 = sha256_of(model.identity)
        known = lock.by_weights(sha256)
        name = known.name if known else source.name
        if existing := _existing(request, name, sha256):
            return existing
        commit = snapshot(path)
        revision = commit[1] if commit else source.revision
        origin = Origin(source.kind, source.reference, revision, sha256)
        return _export(request, model, origin, name, say)


def _export(request: Request, model: ModelFolder, origin: Origin, name: str, say: Say) -> Result:
    target = _target(request, name)
    with staging(target) as stage:
        model = with_graph(model, stage, say)
        recipe = request.recipe or DEFAULT
        for form in dict.fromkeys((recipe, FALLBACK)):
            say(f"writing {form}")
            write_model(model, origin, name, form, stage / form)
        found, failed = _compare(request, model.shape, stage, recipe, say)
        if failed and request.recipe and not request.accept_loss:
            raise CommandError(
                f"{recipe} changes the answers of {name} more than allowed: {'; '.join(failed)}."
                " Nothing was written. Take --recipe fp32, lower the bar (--min-overlap, --min-p01,"
                " --min-cosine), or accept the loss with --accept-loss.",
                Exit.NO,
            )
        fell_back = tuple(failed) if request.recipe is None else ()
        if fell_back:
            found, recipe = {"fell_back_from": recipe, recipe: found}, FALLBACK
        settings = settings_of(stage / recipe) | {"parity": {"against": FALLBACK, **found}}
        write_settings(stage / recipe, settings)
        publish(stage / recipe, target)
    return Result(target, settings, fell_back)


def with_graph(model: ModelFolder, stage: Path, say: Say) -> ModelFolder:
    """The model with the graph that optimum makes of it, where that is its route."""
    if model.route != "optimum":
        return model
    say("exporting with optimum")
    graph = stage / "optimum/model.onnx"
    optimum_route.export_graphs([(model.inner, graph)])
    return replace(model, graph=graph)


def _compare(
    request: Request, shape: Shape, stage: Path, recipe: str, say: Say
) -> tuple[dict[str, Any], list[str]]:
    """The figures of a recipe, and which are below the bar; fp32 only has to give vectors."""
    try:
        if recipe == FALLBACK:
            parity.embed(stage / recipe, Texts((), (), SHORT))
            return {}, []
        texts, corpus = texts_for(request.texts, shape)
        say(f"comparing {recipe} with {FALLBACK} on {texts.count} texts")
        reference = parity.embed(stage / FALLBACK, texts)
        vectors = parity.embed(stage / recipe, texts)
    except ModelError as error:
        raise CommandError(f"the exported model does not load here: {error}") from error
    found = parity.compare(reference, vectors, texts, corpus)
    return found.settings(), found.failed(request.bar)


def texts_for(given: Path | None, shape: Shape) -> tuple[Texts, str]:
    """What to compare on, fewer for a larger model, and how figures name it."""
    if given:
        return texts_from(given), given.name
    share = min(1.0, USUAL_WEIGHTS / (12 * shape.layers * shape.hidden**2))
    counts = max(200, round(DOCUMENTS * share)), max(50, round(QUESTIONS * share))
    return builtin_texts(*counts), parity.builtin_corpus()


def _target(request: Request, name: str) -> Path:
    return request.out or Path("models") / name


def _existing(request: Request, name: str, sha256: str) -> Result | None:
    """The folder that is there, when it is what was asked for; an error when it is another's."""
    target = _target(request, name)
    if not target.exists() or (target.is_dir() and not any(target.iterdir())):
        return None
    if not replaceable(target):
        raise not_ours(target)
    if request.force:
        return None
    settings = settings_of(target)
    if settings.get("source", {}).get("sha256") != sha256 or not _same_recipe(request, settings):
        raise CommandError(
            f"{target} holds {settings.get('name')} from {settings.get('source')}, recipe"
            f" {settings.get('recipe')}. --force replaces it; --out writes elsewhere.",
            Exit.NO,
        )
    try:
        OnnxEmbeddings(target.resolve())
    except ModelError:
        return None  # ours, and damaged: it is made again
    return Result(target, settings, existed=True)


def _same_recipe(request: Request, settings: dict[str, Any]) -> bool:
    if request.recipe:
        return bool(settings.get("recipe") == request.recipe)
    fell_back = settings.get("parity", {}).get("fell_back_from") == DEFAULT
    return bool(settings.get("recipe") == DEFAULT or fell_back)


def settings_of(folder: Path) -> dict[str, Any]:
    """The embedding.json of a model folder; {} when it cannot be read."""
    try:
        settings = json.loads((folder / "embedding.json").read_text(encoding="utf-8"))
    except ValueError:
        return {}
    return settings if isinstance(settings, dict) else {}
