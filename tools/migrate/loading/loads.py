"""The calls that load something large, or connect to something far away."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tools.migrate.embedding.classes import CLASSES as EMBEDDERS
from tools.migrate.llm_clients import ARGUMENTS
from tools.migrate.local_model.loaders import OTHER_TASK, PIPELINE, loader_of
from tools.migrate.local_model.loaders import WORDS as LOCAL
from tools.migrate.project import RUNTIME
from tools.migrate.rules.stores import LOADERS as STORES


@dataclass(frozen=True, slots=True)
class Load:
    """What a call gives.

    shared  the copied runtime loads it once, however often it is asked for
    stored  it is read from files that may be written while the app runs
    alone   only one visitor at a time may use it, so that keeping it takes a lock
    """

    what: str
    shared: bool = False
    stored: bool = False
    alone: bool = False


MODEL = Load("the embedding model", shared=True)
STORE = Load("the store", shared=True, stored=True)
TORCH_MODEL = Load("the embedding model")
PICKLED_STORE = Load("the store", stored=True)
INDEX = Load("the index", stored=True)
CLIENT = Load("the client of the model API")

# Classes whose objects each read the certificates (20 ms, 1 MiB): not those that post with requests.
_CLIENTS = [
    name
    for name in ARGUMENTS
    if name.rpartition(".")[2][0].isupper() and not re.match(r"langchain_community.*Ollama", name)
]
KNOWN = {
    **dict.fromkeys(_CLIENTS, CLIENT),
    **dict.fromkeys(EMBEDDERS, TORCH_MODEL),
    **dict.fromkeys(STORES, PICKLED_STORE),
    f"{RUNTIME}.onnx_embeddings.OnnxEmbeddings": MODEL,
    f"{RUNTIME}.langchain_store.load_local": STORE,
    "faiss.read_index": INDEX,
}
# One of them is in every file that loads something: a test on the text is quick.
WORDS = frozenset(w.encode() for w in (*LOCAL, *(name.rpartition(".")[2] for name in KNOWN)))


def load_of(name: str) -> Load | None:
    """What a call of that full name loads; None when it is nothing large."""
    loader = OTHER_TASK if PIPELINE.fullmatch(name) else loader_of(name)
    if loader is not None:
        return Load(loader.what, alone=not loader.needs_torch)
    return KNOWN.get(name)
