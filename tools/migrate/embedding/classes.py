"""The embedding classes that load torch, under every name they are imported by."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

MPNET = "sentence-transformers/all-mpnet-base-v2"


@dataclass(frozen=True, slots=True)
class Legacy:
    """A legacy class: how it names its model, what it adds, and what else code calls on it."""

    style: Literal["langchain", "sentence-transformers"]
    name_keywords: tuple[str, ...]
    default_model: str | None
    members: frozenset[str]  # that ours has as well
    refused: str | None = None  # why no model of this class can be converted
    bge: bool = False  # puts an instruction before each query by default


LANGCHAIN_MEMBERS = frozenset(
    {"embed_query", "embed_documents", "aembed_query", "aembed_documents"}
)
RAW_MEMBERS = frozenset({"encode", "get_sentence_embedding_dimension"})
INSTRUCTOR = (
    "an Instructor model puts an instruction into every text and has no ONNX export here: choose"
    " all-MiniLM-L6-v2 (about 25 MB) or a hosted embedding API, and build the store again"
)

_HUGGING_FACE = Legacy("langchain", ("model_name", "model"), MPNET, LANGCHAIN_MEMBERS)
_BGE = Legacy("langchain", ("model_name",), "BAAI/bge-large-en", LANGCHAIN_MEMBERS, bge=True)
_INSTRUCT = Legacy("langchain", ("model_name",), None, LANGCHAIN_MEMBERS, refused=INSTRUCTOR)
_RAW = Legacy("sentence-transformers", ("model_name_or_path", "model_name"), None, RAW_MEMBERS)

_PLACES = {
    ("langchain.embeddings", "langchain_community.embeddings", "langchain_classic.embeddings"): (
        "",
        ".huggingface",
        ".sentence_transformer",
    ),
    ("langchain_huggingface",): ("", ".embeddings", ".embeddings.huggingface"),
}
_CLASSES = {
    "HuggingFaceEmbeddings": _HUGGING_FACE,
    "SentenceTransformerEmbeddings": _HUGGING_FACE,
    "HuggingFaceBgeEmbeddings": _BGE,
    "HuggingFaceInstructEmbeddings": _INSTRUCT,
}

CLASSES = MappingProxyType(
    {
        f"{package}{module}.{name}": legacy
        for packages, modules in _PLACES.items()
        for package in packages
        for module in modules
        for name, legacy in _CLASSES.items()
    }
    | {
        "sentence_transformers.SentenceTransformer": _RAW,
        "sentence_transformers.SentenceTransformer.SentenceTransformer": _RAW,
    }
)
WORDS = (*_CLASSES, "SentenceTransformer")
