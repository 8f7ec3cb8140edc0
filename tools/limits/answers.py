"""What the local model says: its answer holds what it was asked, so that a mix-up can be seen."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

_LONGEST = 200
# LangChain's prompt that turns a follow-up into a question of its own; here it is one already.
_CONDENSE = re.compile(
    r"follow[- ]?up (?:input|question):\s*(.+?)\s*standalone question:\s*$", re.I | re.S
)
_QUESTION = re.compile(
    r"^\s*(?:question|query|user|human|customer)(?: question| query)?:\s*(\S.*)$", re.I | re.M
)
_CONTEXT = re.compile(r"\b(?:context|passages|documents)\b|^-{4,}$", re.I)
_LONGEST_LABEL = 40


def answer(messages: Sequence[Mapping[str, Any]]) -> str:
    """The last question, a line of the context and the number of messages, in one sentence.

    Asked to rephrase a follow-up question, it repeats that question unchanged.
    """
    texts = [text(message.get("content")) for message in messages]
    asked = [
        words
        for words, message in zip(texts, messages, strict=True)
        if message.get("role") == "user"
    ]
    last = asked[-1] if asked else (texts[-1] if texts else "")
    condensed = _CONDENSE.search(last)
    if condensed:
        return condensed[1].strip()
    context = _context(texts)
    found = f" The context says: {context}" if context else " There was no context."
    return f"You asked: {_question(last)}{found} ({len(messages)} messages)"


def text(content: Any) -> str:
    """The text of a message: a string, or OpenAI's list of parts."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    parts = [part.get("text") for part in content if isinstance(part, dict)]
    return "\n".join(part for part in parts if isinstance(part, str))


def tokens(words: str) -> list[str]:
    """The answer in pieces as a model streams it: joined they are the answer again."""
    return re.findall(r"\S+\s*|\s+", words)


def count_tokens(texts: Iterable[str]) -> int:
    """Words, as a stand-in for a model's tokens."""
    return sum(len(words.split()) for words in texts)


def _question(prompt: str) -> str:
    marked = _QUESTION.findall(prompt)
    return (marked[-1] if marked else prompt.strip()).strip()[:_LONGEST]


def _context(texts: Sequence[str]) -> str:
    """The last line that stands after, or under, a word that announces context."""
    found = ""
    for words in texts:
        announced = False
        for line in filter(None, map(str.strip, words.splitlines())):
            if _CONTEXT.search(line):
                label, _, rest = line.partition(":")
                found = rest.strip() if rest.strip() and len(label) <= _LONGEST_LABEL else found
                announced = not rest.strip() or len(label) > _LONGEST_LABEL
            elif announced:
                found = found if _QUESTION.match(line) else line
                announced = False
    return found[:_LONGEST]
