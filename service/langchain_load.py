"""Makes the chain of CHAT_ENGINE=langchain at start: the service's own, or that of CHAT_CHAIN."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from langchain_core.runnables import Runnable

from service.config import Settings
from service.langchain_chain import conversation
from service.langchain_memory import window_memory
from service.langchain_model import chat_model
from service.langchain_retriever import Noting, StoreRetriever
from service.own_chain import failure, find_factory
from service.retriever import Retriever
from service.upstream import Upstream
from vectorstore.base import Embedder, VectorStore
from vectorstore.commandline import CommandError
from vectorstore.langchain import as_langchain

# Of LLM_TIMEOUT_S: a chain that streams nothing may ask the model twice before it says a word.
CALLS_BEFORE_A_WORD = 2


class ChainFactory(Protocol):
    """Makes a chain, once, at start. CHAT_CHAIN=module:factory names one.

    `retriever` finds documents of the store; `retriever.vectorstore` is LangChain's VectorStore.
    `llm` is a ChatOpenAI for LLM_MODEL, for `ainvoke` and `astream`. `memory` is a
    ConversationBufferWindowMemory that shows each turn its own conversation, as `chat_history`.

    The chain is a Runnable. `astream` is called with `question`, also as `input`, and
    `chat_history` (messages), for several visitors at once. What it streams is
    - a dictionary with pieces of the `answer` (or `result`, `output`, `output_text`) and, once, the
      documents as `context` (or `source_documents`): LangChain's own chains give these;
    - or pieces of the answer, texts or messages; the documents are then those that were found.
    """

    def __call__(
        self, retriever: StoreRetriever, llm: Any, memory: Any
    ) -> Runnable[dict[str, Any], Any]: ...


@dataclass(frozen=True, slots=True)
class LoadedChain:
    """The chain and what it works with. `timeout_s`: the longest wait for its next piece."""

    chain: Runnable[dict[str, Any], Any]
    retriever: Retriever
    upstream: Upstream
    timeout_s: float


def load(settings: Settings, embedder: Embedder, store: VectorStore) -> LoadedChain:
    """The chain, ready. Raises CommandError that says what is wrong with that of CHAT_CHAIN."""
    factory = find_factory(settings.chat_chain) if settings.chat_chain else conversation(settings)
    noting = Noting(store)
    retriever = Retriever(
        embedder,
        noting,
        top_k=settings.top_k,
        workers=settings.embed_workers,
        wait_s=settings.queue_timeout_s,
    )
    key = settings.llm_key
    assert key is not None, "the settings refuse the engine without one"
    upstream = Upstream.of(settings, key)
    found = StoreRetriever(
        find=retriever.find, vectorstore=as_langchain(noting, embedder), k=settings.top_k
    )
    llm = chat_model(
        upstream,
        model=settings.llm_model,
        max_tokens=settings.llm_max_tokens,
        timeout_s=settings.llm_timeout_s,
    )
    chain = _made(settings.chat_chain, factory, found, llm, window_memory(settings.memory_turns))
    timeout_s = CALLS_BEFORE_A_WORD * settings.llm_timeout_s
    return LoadedChain(chain, retriever, upstream, timeout_s)


def _made(name: str | None, factory: ChainFactory, *given: Any) -> Runnable[dict[str, Any], Any]:
    try:
        chain = factory(*given)
    except Exception as error:
        raise CommandError(
            f"CHAT_CHAIN: {name} failed: {failure(error)}. It is called with a retriever, a language"
            " model and a memory."
        ) from error
    if not isinstance(chain, Runnable):
        raise CommandError(
            f"CHAT_CHAIN: {name} returned {type(chain).__name__}, which is no LangChain Runnable:"
            " return a chain, such as `prompt | llm`."
        )
    return chain
