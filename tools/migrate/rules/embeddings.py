"""Replace the embedding classes that load torch by the exported model.

Covers HuggingFaceEmbeddings, SentenceTransformerEmbeddings, HuggingFaceBgeEmbeddings (from
langchain, langchain_community, langchain_huggingface) and SentenceTransformer, however they are
imported. Each model that the code names, on a hub or in a folder of the repository, is exported
once and added with the runtime that reads it; it pools, normalizes and prefixes texts as before. A
model that runs code of its own, does not fit or cannot be fetched keeps torch, with the reason and
what would help. A call whose model or arguments cannot be told is left as it is, and reported.

    -from langchain_huggingface import HuggingFaceEmbeddings
    +from fit512_runtime.onnx_embeddings import OnnxEmbeddings

    -embeddings = HuggingFaceEmbeddings(
    -    model_name="sentence-transformers/all-MiniLM-L6-v2",
    -    model_kwargs={"device": "cpu"},
    -)
    +embeddings = OnnxEmbeddings("models/all-MiniLM-L6-v2")
"""

from __future__ import annotations

from pathlib import PurePosixPath

import libcst as cst

from tools.migrate.committed import stores
from tools.migrate.embedding import sizes
from tools.migrate.embedding.arguments import NotUnderstood, Wanted, read_call
from tools.migrate.embedding.classes import CLASSES, WORDS, Legacy
from tools.migrate.embedding.elsewhere import tensors_elsewhere
from tools.migrate.embedding.finder import ModelFinder
from tools.migrate.embedding.models import ModelName, NoModel
from tools.migrate.embedding.place import require_model
from tools.migrate.embedding.replacement import options
from tools.migrate.embedding.similarity import note_similarities
from tools.migrate.embedding.usage import unsupported
from tools.migrate.project import Project
from tools.migrate.settings import Settings
from tools.migrate.syntax.calls import set_arguments
from tools.migrate.syntax.file import PythonFile
from tools.migrate.syntax.imports import Ours
from tools.migrate.syntax.symbols import SymbolRewrite, Use

ID = "embeddings"
OURS = Ours("onnx_embeddings", "OnnxEmbeddings")


def apply(project: Project, settings: Settings) -> None:
    rewrite = SymbolRewrite(project, ID, CLASSES, WORDS)
    # The vectors of a committed store are compared with the model's own, whatever is asked.
    finder = ModelFinder(settings, export=settings.export or bool(stores(project)))
    calls = [use for use in rewrite.uses if use.call is not None]
    left = [use for use in calls if not _convert(rewrite, use, finder)]
    for use in rewrite.uses:
        if use.call is None:
            _convert_type(rewrite, use, keep=any(other.file is use.file for other in left))
    rewrite.finish(drop_unused=True)
    note_similarities(project, ID)


def _convert(rewrite: SymbolRewrite, use: Use, finder: ModelFinder) -> bool:
    """Convert one constructor call; otherwise note why not and return False."""
    call, legacy, file = use.call, CLASSES[use.reference.origin], use.file
    assert call is not None
    try:
        wanted = _understand(use, call, legacy)
        model = finder.find(_name(file, wanted))
        given = options(legacy, wanted, model)
    except NotUnderstood as error:
        file.note("skipped", call, f"{file.source(use.node)}(…) left as it is: {error}")
        return False
    except NoModel as error:
        file.note("refused", call, f"{file.source(use.node)}(…) keeps torch: {error}")
        return False
    folder = require_model(rewrite.project, rewrite.project.app_root(file.path), model)
    rewrite.convert(use, OURS)
    set_arguments(file, call, ", ".join([_quoted(file, wanted, folder), *given]))
    file.note("changed", call, f"{legacy.style} model {wanted.model} runs on onnxruntime")
    _note_leftovers(file, call, wanted)
    return True


def _understand(use: Use, call: cst.Call, legacy: Legacy) -> Wanted:
    if use.reference.ambiguous:
        raise NotUnderstood("the name is also defined here, so another class may be meant")
    if legacy.refused:
        raise NoModel(legacy.refused)
    if use.in_string:
        raise NotUnderstood("it stands inside an f-string")
    if reason := use.file.project.undone.get((ID, use.file.path)):
        raise NoModel(reason)
    wanted = read_call(use.file, call, legacy)
    if legacy.instructor:
        raise NoModel(f"{wanted.model}: {sizes.instructor(wanted.model)}")
    strange = unsupported(use.file, call, legacy)
    if strange:
        line, what = strange
        raise NotUnderstood(f"line {line} uses {what}, which the ONNX runtime does not have")
    raw = legacy.style == "sentence-transformers"
    tensors = tensors_elsewhere(use.file.project, use.file.path) if raw else None
    if tensors:
        raise NotUnderstood(
            f"{tensors[0]}:{tensors[1]} asks a model for tensors (convert_to_tensor), which need torch"
        )
    return wanted


def _name(file: PythonFile, wanted: Wanted) -> ModelName:
    """The model's name, or the folder of the repository that it is."""
    project = file.project
    named = PurePosixPath(wanted.model.replace("\\", "/"))
    for base in (project.app_root(file.path), PurePosixPath("."), file.path.parent):
        folder = base / named
        files = ("config.json", "modules.json", "embedding.json")
        if any(project.original(folder / name) is not None for name in files):
            return ModelName(wanted.model, folder=project.root / folder)
    return ModelName(wanted.model, wanted.revision)


def _quoted(file: PythonFile, wanted: Wanted, folder: str) -> str:
    """The folder in the quotes that the model's name was written in."""
    named = wanted.named_by
    single = named is not None and file.source(named.value).startswith("'")
    return f"'{folder}'" if single else f'"{folder}"'


def _note_leftovers(file: PythonFile, call: cst.Call, wanted: Wanted) -> None:
    if wanted.default_of:
        file.note(
            "warning",
            call,
            f"the environment variable {wanted.default_of} no longer chooses the model:"
            f" {wanted.model} was exported, as the repository sets it",
        )
    elif wanted.named_by is not None and not isinstance(wanted.named_by.value, cst.SimpleString):
        name = file.source(wanted.named_by.value)
        file.note("kept", call, f"{name} no longer chooses the model here")


def _convert_type(rewrite: SymbolRewrite, use: Use, *, keep: bool) -> None:
    """Rename a use that only names the type; leave others, with a note."""
    if use.names_a_type and not use.reference.ambiguous:
        if not keep:
            rewrite.convert(use, OURS)
            use.file.note(
                "changed", use.node, f"{use.file.source(use.node)} is named as a type here"
            )
        return
    use.file.note(
        "skipped",
        use.node,
        f"{use.file.source(use.node)} is used here otherwise than by calling it: left as it is",
    )
