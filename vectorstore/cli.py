"""python -m vectorstore: build, convert, show and query a document store."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np

from vectorstore import reporters
from vectorstore.addresses import copy_store
from vectorstore.argument_types import condition, folder, natural, positive, question, share
from vectorstore.base import Document, Embedder, StoreError
from vectorstore.build import build_store
from vectorstore.checking import verify
from vectorstore.commandline import CommandError, Exit, local_path, run
from vectorstore.convert import Comparison, convert_langchain
from vectorstore.documents import Documents
from vectorstore.faiss_store import open_store
from vectorstore.indexing import INDEX_KINDS
from vectorstore.manifest import read_manifest
from vectorstore.progress import progress
from vectorstore.reach import model_chunker, watched
from vectorstore.records import Columns
from vectorstore.sources import READERS, Reading, read_documents, source_files
from vectorstore.tune import asked_in, tune_store
from vectorstore.tuning import RECALL
from vectorstore.unfinished import work_folder
from vectorstore.writing import check_target

EXAMPLES = 3
Command = Callable[[argparse.Namespace], None]


def main(argv: Sequence[str] | None = None) -> int:
    return run("vectorstore", _main, argv)


def _main(argv: Sequence[str] | None) -> int:
    arguments = _parser().parse_args(argv)
    command: Command = arguments.command
    command(arguments)
    return Exit.OK


def build(arguments: argparse.Namespace) -> None:
    """Build a store from questions and answers (JSONL, CSV), Markdown, text, PDF and HTML."""
    check_target(arguments.out, force=arguments.force)
    _check_encoding(arguments.encoding)
    source_files(arguments.source)
    embedder = open_model(arguments.model)
    chunker = model_chunker(arguments.model, arguments.chunk_size, arguments.overlap)
    columns = Columns(arguments.question, arguments.answer, arguments.text)
    reading = Reading(columns, arguments.encoding, chunker, reporters.note)
    longer: list[Document] = []
    with _kept(arguments.out), progress() as advance:
        info = build_store(
            watched(read_documents(arguments.source, reading), chunker, longer),
            embedder,
            arguments.out,
            index=None if arguments.index == "auto" else arguments.index,
            recall=arguments.recall,
            force=arguments.force,
            progress=partial(advance, "embedding", "documents"),
            indexing=partial(advance, "indexing", "vectors"),
        )
    reporters.cut_short(longer, chunker.reach)
    loss = read_manifest(arguments.out).index.loss
    reporters.written("built", info, arguments.json, loss=loss, asked=arguments.recall)


@contextmanager
def _kept(out: Path) -> Iterator[None]:
    """Say where a run that ends early has left what it has done."""
    try:
        yield
    except BaseException:
        if work_folder(out).exists():
            reporters.note(
                f"what is done is kept in {work_folder(out)}: the same command goes on from there."
                " Remove the folder if you will not."
            )
        raise


def tune(arguments: argparse.Namespace) -> None:
    """Find how little of an inverted-file index has to be read for a recall, and set that."""
    questions = asked_in(arguments.questions) if arguments.questions else []
    name = read_manifest(arguments.store).model.name
    vectors = None
    if questions:
        embedder = open_model(arguments.model or Path("models") / name)
        vectors = np.asarray([embedder.embed_query(text) for text in questions], np.float32)
    found = tune_store(arguments.store, arguments.recall, vectors)
    reporters.tuned(arguments.store, found, arguments.recall, arguments.json)
    if found.trial.least < arguments.recall:
        raise CommandError(
            f"no setting finds {arguments.recall:.1%} with 95 % confidence: {found.trial.least:.1%} is"
            " the most, and what was set. Build the store again with another --index.",
            Exit.NO,
        )


def copy(arguments: argparse.Namespace) -> None:
    """Copy a store between a folder, PostgreSQL with pgvector, and Qdrant: the same hits."""
    with progress() as advance:
        info = copy_store(
            arguments.source,
            arguments.target,
            force=arguments.force,
            progress=partial(advance, "copying", "documents"),
        )
    reporters.written("copied to", info, arguments.json)


def convert(arguments: argparse.Namespace) -> None:
    """Convert a folder that LangChain's FAISS.save_local wrote. Its pickle is not executed."""
    compared: list[Comparison] = []
    out = arguments.out or Path("stores") / arguments.folder.resolve().name
    info = convert_langchain(
        arguments.folder,
        out,
        embedder=open_model(arguments.model),
        index_name=arguments.index_name,
        force=arguments.force,
        report=compared.append,
    )
    reporters.written("converted", info, arguments.json, comparison=compared[0])


def info(arguments: argparse.Namespace) -> None:
    """Show what a store holds, and check its files."""
    manifest = read_manifest(arguments.store)
    verify(arguments.store, manifest)
    store = open_store(arguments.store, check_files=False)
    store.close()
    documents = Documents(arguments.store / manifest.documents.file)
    examples = documents.at(range(min(EXAMPLES, documents.count)))
    sources = documents.sources()
    documents.close()
    reporters.info(store.info, manifest.index.loss, sources, examples, arguments.json)


def query(arguments: argparse.Namespace) -> None:
    """Find the documents nearest to a question."""
    name = read_manifest(arguments.store).model.name
    model = arguments.model or Path("models") / name
    if not model.is_dir():
        raise CommandError(
            f"there is no model folder {model}. The store {arguments.store} was built with {name};"
            " say where that model is: --model FOLDER."
        )
    embedder = open_model(model)
    store = open_store(arguments.store, embedder=embedder)
    vector = np.asarray(embedder.embed_query(arguments.question), np.float32)
    hits = store.search(vector, arguments.k, where=dict(arguments.where))
    store.close()
    reporters.hits(hits, arguments.json, full=arguments.full)


def open_model(folder: Path) -> Embedder:
    """The embedder of a model folder. Raises CommandError."""
    # Loads onnxruntime, which `info` and wrong arguments need not wait for.
    from vectorstore.onnx_embeddings import ModelError, OnnxEmbeddings

    try:
        # Absolute: a relative name is first looked for beside the package, not where we run.
        return OnnxEmbeddings(folder.absolute())
    except ModelError as error:
        raise StoreError(str(error), Exit.ERROR) from error


def _check_encoding(name: str) -> None:
    try:
        b"text".decode(name)
    except UnicodeDecodeError:
        return  # UTF-32, and others in which these four bytes mean nothing
    except (LookupError, UnicodeError) as error:  # codecs of no text, too: rot13, undefined
        raise CommandError(f"there is no encoding {name!r}; try utf-8 or cp1252.") from error


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m vectorstore", description=__doc__)
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    _add_build(_command(commands, build))
    _add_convert(_command(commands, convert))
    _add_tune(_command(commands, tune))
    _add_copy(_command(commands, copy))
    shown = _command(commands, info)
    shown.add_argument("store", type=folder, help="the store folder")
    asked = _command(commands, query)
    asked.add_argument("store", type=folder, help="the store folder")
    asked.add_argument("question", type=question)
    asked.add_argument(
        "--model", type=local_path, help="model folder (default: models/<the store's>)"
    )
    asked.add_argument("-k", type=positive, default=4, help="how many documents (default: 4)")
    asked.add_argument(
        "--where",
        type=condition,
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="only documents with this in their metadata; may be repeated",
    )
    asked.add_argument("--full", action="store_true", help="show long documents to their end")
    return parser


def _command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], command: Command
) -> argparse.ArgumentParser:
    text = command.__doc__ or ""
    parser = commands.add_parser(command.__name__, help=text, description=text)
    parser.add_argument("--json", action="store_true", help="print JSON, and only that, on stdout")
    parser.set_defaults(command=command)
    return parser


def _add_build(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "source",
        type=local_path,
        nargs="+",
        help=f"files ({', '.join(READERS)}) or folders of them",
    )
    parser.add_argument("--model", type=local_path, required=True, help="the model folder")
    parser.add_argument("--out", type=folder, required=True, help="the store folder to write")
    parser.add_argument("--force", action="store_true", help="replace a store that is there")
    for name in ("question", "answer", "text"):
        parser.add_argument(
            f"--{name}",
            default=name,
            metavar="FIELD",
            help=f"what the {name} is called (default: {name})",
        )
    parser.add_argument(
        "--encoding",
        default="utf-8",
        help="of files that do not say it themselves (default: utf-8)",
    )
    parser.add_argument(
        "--chunk-size",
        type=positive,
        metavar="TOKENS",
        help="longer sections and paragraphs are cut (default: what the model reads, at most 254)",
    )
    parser.add_argument(
        "--overlap",
        type=natural,
        metavar="TOKENS",
        help="how much of a chunk the next one repeats (default: an eighth of the chunk size)",
    )
    parser.add_argument(
        "--index",
        choices=("auto", *INDEX_KINDS),
        default="auto",
        help="auto: flat up to 50,000 vectors, sq8 up to 200,000, ivf-sq8 beyond, where they find"
        " the recall; ivf-rabitq: an eighth of sq8 in memory, the vectors on disk",
    )
    _add_recall(parser)


def _add_copy(parser: argparse.ArgumentParser) -> None:
    where = "a folder, postgresql://USER@HOST/DATABASE#TABLE or qdrant:FOLDER#COLLECTION"
    parser.add_argument("source", metavar="SRC", help=where)
    parser.add_argument("target", metavar="DST", help="the same")
    parser.add_argument(
        "--force",
        action="store_true",
        help="replace a store that is there; of a table its rows, so that its indexes, grants and views"
        " stay, and refused where another dim of the vectors would cost them",
    )


def _add_tune(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("store", type=folder, help="the store folder")
    _add_recall(parser)
    parser.add_argument(
        "--questions",
        type=local_path,
        metavar="FILE",
        help="questions of yours, one a line (default: those of the build)",
    )
    parser.add_argument(
        "--model", type=local_path, help="model folder (default: models/<the store's>)"
    )


def _add_recall(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--recall",
        type=share,
        default=RECALL,
        metavar="SHARE",
        help="of the ten nearest that are to be found (default: 0.95)",
    )


def _add_convert(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=folder, help="with index.faiss and index.pkl")
    parser.add_argument(
        "--model", type=local_path, required=True, help="the model it was made with"
    )
    parser.add_argument(
        "--out", type=folder, help="store folder (default: stores/<name of FOLDER>)"
    )
    parser.add_argument("--index-name", default="index", help="as given to save_local")
    parser.add_argument("--force", action="store_true", help="replace a store that is there")
