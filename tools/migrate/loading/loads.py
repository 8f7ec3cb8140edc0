"""The calls that load something large, or connect to something far away."""

from __future__ import annotations

from dataclasses import dataclass

from tools.migrate.embedding.classes import CLASSES as EMBEDDERS
from tools.migrate.project import RUNTIME
from tools.migrate.rules.stores import LOADERS
from tools.migrate.rules.timeouts import KEYWORDS as CLIENTS


@dataclass(frozen=True, slots=True)
class Load:
    """What a call gives.

    shared  the copied runtime loads it once, however often it is asked for
    alone   only one visitor at a time may use it, so that keeping it takes a lock
    """

    what: str
    shared: bool = False
    alone: bool = False


MODEL = Load("the embedding model", shared=True)
STORE = Load("the store", shared=True)
TORCH_MODEL = Load("the embedding model")
PICKLED_STORE = Load("the store")
INDEX = Load("the index")
LANGUAGE_MODEL = Load("the language model", alone=True)
OTHER_MODEL = Load("the model")
CLIENT = Load("the client of the model API")

_SHARED = {
    f"{RUNTIME}.onnx_embeddings.OnnxEmbeddings": MODEL,
    f"{RUNTIME}.langchain_store.load_local": STORE,
}
_NAMED = {
    "faiss.read_index": INDEX,
    "sentence_transformers.CrossEncoder": OTHER_MODEL,
    "spacy.load": OTHER_MODEL,
    "transformers.pipeline": OTHER_MODEL,
    "whisper.load_model": OTHER_MODEL,
    "llama_cpp.Llama": LANGUAGE_MODEL,
    "gpt4all.GPT4All": LANGUAGE_MODEL,
}
KNOWN = {
    **dict.fromkeys(CLIENTS, CLIENT),
    **dict.fromkeys(EMBEDDERS, TORCH_MODEL),
    **dict.fromkeys(LOADERS, PICKLED_STORE),
    **_NAMED,
    **_SHARED,
}
# LangChain's wrappers of models that run in the process, wherever it keeps them.
_LOCAL = frozenset({"ChatLlamaCpp", "CTransformers", "GPT4All", "LlamaCpp"})
_LANGCHAIN = frozenset({"langchain", "langchain_classic", "langchain_community"})
_SMALL = ("Config", "FeatureExtractor", "Processor", "Tokenizer", "TokenizerFast")


def load_of(name: str) -> Load | None:
    """What a call of that full name loads; None when it is nothing large."""
    package, _, rest = name.partition(".")
    owner, _, last = rest.rpartition(".")
    if package in _LANGCHAIN and last in _LOCAL:
        return LANGUAGE_MODEL
    if last == "from_model_id":
        return OTHER_MODEL
    if last == "from_pretrained" and package in ("transformers", "ctransformers"):
        if owner.endswith(_SMALL):
            return None
        return LANGUAGE_MODEL if package == "ctransformers" else OTHER_MODEL
    return KNOWN.get(name)
