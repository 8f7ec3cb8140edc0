"""Name the models that run inside the app's own process and cannot fit, with what would help.

Language models in torch or as GGUF files, re-rankers, speech and image models: each is refused with
its line, its size as its name tells it, and the nearest thing that fits. Only what the served app
reaches is refused; what is run by hand may run on a larger machine. Nothing is edited: another
model answers differently, so the change below is proposed, and left to a person.

    -llm = CTransformers(model="llama-2-7b-chat.ggmlv3.q4_0.bin")  # about 3.8 GiB
    +llm = ChatOpenAI(base_url="https://openrouter.ai/api/v1", model="openai/gpt-4o-mini", …)
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

import libcst as cst
from libcst.helpers import get_full_name_for_node

from tools.migrate.local_model.loaders import (
    HOSTED,
    OLLAMA,
    OTHER_TASK,
    PIPELINE,
    TASKS,
    WORDS,
    Loader,
    loader_of,
)
from tools.migrate.local_model.named import model_arguments, text_of
from tools.migrate.local_model.sizes import LIMIT_MIB, Size, estimate
from tools.migrate.project import Project
from tools.migrate.settings import Settings
from tools.migrate.syntax.calls import keyword, positional
from tools.migrate.syntax.exports import possible_origins
from tools.migrate.syntax.file import PythonFile, open_files
from tools.migrate.syntax.names import leftmost, origins_of
from tools.migrate.syntax.values import Known, evaluate

ID = "local_models"
TORCH = "torch alone takes more than half of that"
QUANTISED = re.compile(r"load_in_[48]bit\s*=\s*\w+")  # of a BitsAndBytesConfig


@dataclass(frozen=True, slots=True)
class Loaded:
    """A call that loads a model; `name` is None where it cannot be told."""

    call: cst.Call
    loader: Loader
    name: str | None
    size: Size | None
    wraps: bool = False  # may be given a model that another call has loaded


def apply(project: Project, settings: Settings) -> None:
    for file in open_files(project, ID, *WORDS):
        origins = [(call, _origin(file, call)) for call in _calls_of_loaders(file)]
        for call, origin in origins:
            if origin and OLLAMA.fullmatch(origin):
                _note_ollama(file, call)
        loads = [load for call, origin in origins if origin for load in _loaded(file, call, origin)]
        for load in loads:
            if not _is_given(load, loads):
                _note(file, load)


def _calls_of_loaders(file: PythonFile) -> Iterator[cst.Call]:
    """The calls that may load a model, by the imports: what a name stands for takes long to tell."""
    loads: dict[str | None, bool] = {None: False}
    for call in file.nodes(cst.Call):
        name = (
            get_full_name_for_node(call.func) if isinstance(leftmost(call.func), cst.Name) else None
        )
        if name not in loads:
            loads[name] = any(map(_loads, possible_origins(file.project, file.path, name or "")))
        if loads[name]:
            yield call


def _loads(origin: str) -> bool:
    return bool(loader_of(origin) or PIPELINE.fullmatch(origin) or OLLAMA.fullmatch(origin))


def _origin(file: PythonFile, call: cst.Call) -> str | None:
    """The one thing that is called; None for what the repository defines itself."""
    origins = sorted(origins_of(file, call.func))
    return next((origin for origin in origins if "." in origin), None)


def _loaded(file: PythonFile, call: cst.Call, origin: str) -> list[Loaded]:
    loader = _pipeline(file, call) if PIPELINE.fullmatch(origin) else loader_of(origin)
    if loader is None:
        return []
    arguments = model_arguments(call, loader)
    texts = [text_of(file, node) for node in arguments]
    names = [text for text in texts if text] or ([] if loader.names else [origin])
    if origin == "spacy.load" and not (names and names[0].endswith("_trf")):
        return []
    sizes = (estimate(name, _precision(file, call), loader.bits) for name in names)
    size = next((size for size in sizes if size), None)
    wraps = bool(arguments) and PIPELINE.fullmatch(origin) is not None
    return [Loaded(call, loader, names[0].rpartition("/")[2] if names else None, size, wraps)]


def _precision(file: PythonFile, call: cst.Call) -> str:
    """The text that says how many bits the call loads."""
    source = file.source(call)
    if "quantization_config" in source:
        source += " ".join(QUANTISED.findall(file.text.text))
    return source


def _pipeline(file: PythonFile, call: cst.Call) -> Loader:
    """The loader of `transformers.pipeline`, by its task."""
    argument = keyword(call, "task") or next(iter(positional(call)), None)
    task = evaluate(file, argument.value) if argument else None
    found = (
        TASKS.get(task.value) if isinstance(task, Known) and isinstance(task.value, str) else None
    )
    return replace(found or OTHER_TASK, names=OTHER_TASK.names, positions=OTHER_TASK.positions)


def _is_given(load: Loaded, loads: list[Loaded]) -> bool:
    """Whether the model is an object that another call of the file has loaded."""
    return load.wraps and load.name is None and any(o.name for o in loads if o is not load)


def _note(file: PythonFile, load: Loaded) -> None:
    function = file.source(load.call.func)
    name = f", {load.name}" if load.name else ""
    loads = f"{function}(…) loads {load.loader.what}{name}"
    if file.path not in file.project.served():
        file.note(
            "kept", load.call, f"{loads}{_size(load)}. Run by hand, not served: left as it is"
        )
        return
    message = f"{loads}{_size(load)}, and the limit is {LIMIT_MIB} MiB"
    if load.loader.needs_torch and (load.size is None or load.size.mib < LIMIT_MIB):
        message += f" ({TORCH})"
    file.note("refused", load.call, f"{message}. {load.loader.advice}")


def _size(load: Loaded) -> str:
    return f": {load.size}" if load.size else " of a size that its name does not tell"


def _note_ollama(file: PythonFile, call: cst.Call) -> None:
    """Ollama's memory is its server's, which a small host does not have beside the app."""
    address = keyword(call, "base_url")
    value = evaluate(file, address.value) if address else None
    local = address is None or (
        isinstance(value, Known) and any(h in str(value.value) for h in ("localhost", "127.0.0.1"))
    )
    if local and file.path in file.project.served():
        message = (
            f"{file.source(call.func)}(…) asks an Ollama server on the same machine, whose model takes"
            f" memory of its own: in {LIMIT_MIB} MiB it has no place, and a host that runs this app"
            " alone has no such server: every question would fail. Give base_url= the address of one"
            f' elsewhere, such as os.environ["OLLAMA_BASE_URL"]. {HOSTED}'
        )
        file.note("warning", call, message)
