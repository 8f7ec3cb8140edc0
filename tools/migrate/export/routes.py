"""Which way a model becomes an ONNX graph.

`direct` writes it here from the weights; `onnx` takes the graph that lies in the model's own
repository; `optimum` has torch trace it, in an environment of its own. The first that can.
"""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

from tools.migrate.export import optimum_route
from tools.migrate.export.exporter import Origin, write_model
from tools.migrate.export.folder import ModelFolder, read_folder, read_foreign
from tools.migrate.export.shape import UnknownArchitecture
from tools.migrate.export.texts import SHORT, builtin_texts
from vectorstore.commandline import CommandError
from vectorstore.onnx_embeddings import OnnxEmbeddings

ROUTES = ("auto", "direct", "onnx", "optimum")
SAME = 0.9999
READY = ("onnx/model.onnx", "model.onnx")


def choose(path: Path, asked: str) -> ModelFolder:
    """Read a model folder for the route asked for; "auto" takes the first that can."""
    if asked == "optimum":
        return replace(read_foreign(path), route="optimum")
    if asked == "onnx":
        return _ready(path)
    try:
        return read_folder(path)
    except UnknownArchitecture as error:
        return _elsewhere(path, asked, error)
    except CommandError:
        if asked == "direct" or ready_graph(path) is None:
            raise
        return _ready(path)


def _elsewhere(path: Path, asked: str, error: UnknownArchitecture) -> ModelFolder:
    if asked == "direct":
        raise error
    if ready_graph(path) is not None:
        return _ready(path)
    if optimum_route.python() is None:
        raise CommandError(f"{error} Or let optimum export it: {optimum_route.HOW}.") from error
    note = f"{error} optimum exports it instead."
    model = read_foreign(path)
    return replace(model, route="optimum", notes=(*model.notes, note))


def _ready(path: Path) -> ModelFolder:
    graph = ready_graph(path)
    if graph is None:
        raise CommandError(f"{path} has none of {', '.join(READY)}: take another --route.")
    model = read_foreign(path, ready=True)
    model = replace(model, weights=_weights_of(path, model, graph))
    note = f"taking {graph.relative_to(path)} from the model's own files"
    return replace(model, route="onnx", graph=graph, notes=(*model.notes, note))


def ready_graph(path: Path) -> Path | None:
    """The 32-bit graph among a model's own files, by its usual names."""
    return next((path / name for name in READY if (path / name).is_file()), None)


def _weights_of(path: Path, model: ModelFolder, graph: Path) -> list[Path]:
    """The weights that a ready graph was made from, proven by comparison; none where none can be.

    With them its vectors are known to be those of every other export of these weights.
    """
    try:
        direct = read_folder(path)
    except CommandError:
        return []
    origin = Origin("folder", str(path), None, "")
    with tempfile.TemporaryDirectory(prefix="fit512-graph-") as work:
        theirs, ours = Path(work) / "theirs", Path(work) / "ours"
        ready = replace(model, route="onnx", graph=graph)
        write_model(ready, origin, "theirs", "fp32", theirs)
        write_model(direct, origin, "ours", "fp32", ours)
        texts = (*SHORT, *builtin_texts(20, 1).documents)
        found = [OnnxEmbeddings(f, normalize=True).encode(texts) for f in (theirs, ours)]
    least = float((found[0] * found[1]).sum(axis=1).min())
    if not least >= SAME:  # NaN is not the same either
        raise CommandError(
            f"{graph} is not the graph of the weights beside it: cosine {least:.5f} between their"
            f" vectors, {SAME} at least was expected. Take --route direct."
        )
    return direct.weights
