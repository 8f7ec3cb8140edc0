"""The conversation of the lean engine as a LangChain chain: condense, retrieve, stuff, answer."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from langchain_core.documents import Document as LangchainDocument
from langchain_core.messages import get_buffer_string
from langchain_core.prompts import ChatPromptTemplate, MessagesPlaceholder
from langchain_core.runnables import Runnable, RunnableLambda, RunnablePassthrough

from service.answers import UpstreamError
from service.config import Settings
from service.langchain_model import upstream_error
from service.langchain_retriever import StoreRetriever
from service.langchain_turn import turns
from service.prompt import CONDENSE, INSTRUCTIONS, passages
from service.upstream import CONDENSE_SHARE, CONDENSE_TOKENS, MAX_CONDENSED_CHARS

log = logging.getLogger(__name__)

CONDENSE_PROMPT = ChatPromptTemplate.from_messages([("human", CONDENSE)])
ANSWER_PROMPT = ChatPromptTemplate.from_messages(
    [
        ("system", INSTRUCTIONS + "\n\n{passages}"),
        MessagesPlaceholder("chat_history"),
        ("human", "{question}"),
    ]
)

Inputs = dict[str, Any]


def conversation(settings: Settings) -> Callable[..., Runnable[Inputs, Inputs]]:
    """The factory of that chain, which takes `question` and gives `context`, then `answer`."""

    def chain(retriever: StoreRetriever, llm: Any, memory: Any) -> Runnable[Inputs, Inputs]:
        # Coroutines, all of them: LangChain runs each plain function in a thread.
        async def remembered(inputs: Inputs) -> Any:
            return memory.load_memory_variables(inputs)[memory.memory_key]

        return (
            RunnablePassthrough.assign(chat_history=RunnableLambda(remembered))
            .assign(context=RunnableLambda(_found(settings, retriever, llm)))
            .assign(passages=RunnableLambda(_stuffed))
            # As messages: StrOutputParser would pass each of its pieces through a thread.
            .assign(answer=ANSWER_PROMPT | llm)
        )

    return chain


def _found(settings: Settings, retriever: StoreRetriever, llm: Any) -> Callable[..., Any]:
    """Documents for the question: after earlier ones, for what it comes to on its own."""
    short = llm.bind(max_tokens=CONDENSE_TOKENS, timeout=settings.llm_timeout_s * CONDENSE_SHARE)
    condense = CONDENSE_PROMPT | short

    async def found(inputs: Inputs) -> list[LangchainDocument]:
        question, history = inputs["question"], inputs["chat_history"]
        if history and settings.llm_condense:
            text = get_buffer_string(history, ai_prefix="Assistant")
            try:
                said = (await condense.ainvoke({"history": text, "question": question})).text
                if not said:
                    raise UpstreamError("The language model sent an empty answer.", "empty")
                return await retriever.ainvoke(said.strip()[:MAX_CONDENSED_CHARS] or question)
            except Exception as error:
                if upstream_error(error) is None:
                    raise
                log.warning("a follow-up question was looked up as it stands")
        return await retriever.look_up(question, turns(history), settings.answer_min_score)

    return found


async def _stuffed(inputs: Inputs) -> str:
    return passages(document.page_content for document in inputs["context"])
