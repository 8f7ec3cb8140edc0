"""The embedding classes that load torch, under every name they are imported by."""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Literal

from tools.migrate.embedding.sizes import CROSS_ENCODER, SPARSE

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
    instructor: bool = False  # pools without the instruction that it puts before each text


LANGCHAIN_MEMBERS = frozenset(
    {"embed_query", "embed_documents", "aembed_query", "aembed_documents"}
)
RAW_MEMBERS = frozenset({"encode", "get_sentence_embedding_dimension"})
_HUGGING_FACE = Legacy("langchain", ("model_name", "model"), MPNET, LANGCHAIN_MEMBERS)
_BGE = Legacy("langchain", ("model_name",), "BAAI/bge-large-en", LANGCHAIN_MEMBERS, bge=True)
_INSTRUCT = Legacy(
    "langchain", ("model_name",), "hkunlp/instructor-large", LANGCHAIN_MEMBERS, instructor=True
)
_RAW = Legacy("sentence-transformers", ("model_name_or_path", "model_name"), None, RAW_MEMBERS)
_RAW_INSTRUCT = replace(_RAW, instructor=True)
_CROSS = replace(_RAW, refused=CROSS_ENCODER)
_SPARSE = replace(_RAW, refused=SPARSE)

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
        "InstructorEmbedding.INSTRUCTOR": _RAW_INSTRUCT,
        "sentence_transformers.SparseEncoder": _SPARSE,
        "sentence_transformers.CrossEncoder": _CROSS,
        "sentence_transformers.cross_encoder.CrossEncoder": _CROSS,
        "langchain_community.cross_encoders.HuggingFaceCrossEncoder": _CROSS,
        "langchain_community.cross_encoders.huggingface.HuggingFaceCrossEncoder": _CROSS,
    }
)
WORDS = (*_CLASSES, "SentenceTransformer", "INSTRUCTOR", "SparseEncoder", "CrossEncoder")
