"""LangChain's memory classes under all the names that they can be imported by."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

# langchain_community never had the memories, but code that was "repaired" by hand says so.
PACKAGES = ("langchain", "langchain_classic", "langchain_community")
BUFFER, WINDOW = "ConversationBufferMemory", "ConversationBufferWindowMemory"
STRING, SUMMARY = "ConversationStringBufferMemory", "ConversationSummaryMemory"
CHAIN = "ConversationChain"


def _named(places: Iterable[str], *names: str) -> dict[str, str]:
    """Qualified name -> class, for every package and place."""
    return {
        f"{package}.{place}.{name}".replace("..", "."): name
        for package in PACKAGES
        for place in places
        for name in names
    }


WINDOWS = _named(
    (
        "memory",
        "memory.buffer",
        "memory.buffer_window",
        "chains.conversation.memory",
        "chains.conversation.base",
    ),
    BUFFER,
    WINDOW,
    STRING,
)
CHAINS = _named(("", "chains", "chains.base", "chains.conversation.base"), CHAIN)
SUMMARIES = _named(("memory", "memory.summary", "chains.conversation.memory"), SUMMARY)
# The messages in a list of this process; the histories that are stored elsewhere are not ours.
HISTORIES = {
    **_named(
        (
            "memory",
            "memory.chat_message_histories",
            "memory.chat_message_histories.in_memory",
            "chat_message_histories",
            "chat_message_histories.in_memory",
        ),
        "ChatMessageHistory",
    ),
    "langchain_core.chat_history.InMemoryChatMessageHistory": "InMemoryChatMessageHistory",
}


@dataclass(frozen=True, slots=True)
class Other:
    """A memory that is left: what it keeps, and whether that grows without end."""

    module: str
    keeps: str
    grows: bool


OTHERS = {
    "ConversationSummaryBufferMemory": Other(
        "summary_buffer", "a summary and the newest max_token_limit tokens", False
    ),
    "ConversationTokenBufferMemory": Other(
        "token_buffer", "the newest max_token_limit tokens", False
    ),
    "ConversationEntityMemory": Other(
        "entity", "every message, though it shows k turns, and a text for every entity", True
    ),
    "ConversationKGMemory": Other(
        "kg", "every message, though it shows k turns, and every fact", True
    ),
    "VectorStoreRetrieverMemory": Other("vectorstore", "every turn as a document", True),
    "ConversationVectorStoreTokenBufferMemory": Other(
        "vectorstore_token_buffer_memory", "every turn, the older ones as documents", True
    ),
    "CombinedMemory": Other("combined", "what its parts keep", False),
}
LEFT = {
    origin: name
    for name, other in OTHERS.items()
    for origin in _named(("memory", f"memory.{other.module}", "chains.conversation.memory"), name)
}
