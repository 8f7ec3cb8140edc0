"""A LangChain chain of one's own for the chat service.

    CHAT_ENGINE=langchain CHAT_CHAIN=own_chain:chain LLM_API_KEY=... python -m service

with this file in the folder where the service is started. `service.langchain_load.ChainFactory` says
what a factory is given and what its chain takes and gives.
"""

from __future__ import annotations

from typing import Any

from langchain_core.documents import Document
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate, MessagesPlaceholder
from langchain_core.runnables import Runnable, RunnableLambda, RunnablePassthrough

PROMPT = ChatPromptTemplate.from_messages(
    [
        ("system", "You work for a shop. Answer in one sentence, from this:\n\n{notes}"),
        MessagesPlaceholder("chat_history"),
        ("human", "{question}"),
    ]
)


def chain(retriever: Any, llm: Any, memory: Any) -> Runnable[dict[str, Any], Any]:
    """Called once, at start; the chain it returns answers every visitor."""

    # Coroutines: LangChain runs a plain function in a thread.
    async def remembered(inputs: dict[str, Any]) -> Any:
        return memory.load_memory_variables(inputs)["chat_history"][
            -4:
        ]  # two turns are enough here

    async def found(inputs: dict[str, Any]) -> list[Document]:
        documents = await retriever.ainvoke(inputs["question"])
        return [one for one in documents if one.metadata.get("topic") != "privacy"]

    async def notes(inputs: dict[str, Any]) -> str:
        return "\n".join(f"- {document.page_content}" for document in inputs["context"])

    return (
        RunnablePassthrough.assign(chat_history=RunnableLambda(remembered))
        .assign(context=RunnableLambda(found))  # the sources that visitors are shown
        .assign(notes=RunnableLambda(notes))
        .assign(answer=PROMPT | llm | StrOutputParser())
    )
