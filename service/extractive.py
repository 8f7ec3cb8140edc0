"""Answers without a language model: the best matching passage, as it stands in the documents."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence

from service.answers import DEFAULT, Sampling
from service.follow_ups import Find, depends_on, look_up
from service.sessions import Turn
from vectorstore.base import Hit

DOES_NOT_KNOW = "I do not know: nothing in the documents answers that question."


class Extractive:
    """Returns the passage nearest to the question, or says that it does not know.

    It writes nothing itself: for a document of a question and an answer it gives the answer, for
    any other its text. `min_score`: the least cosine similarity that counts as a match.
    """

    timeout_s = None

    def __init__(self, *, min_score: float) -> None:
        self._min_score = min_score

    async def look_up(self, question: str, history: Sequence[Turn], find: Find) -> list[Hit]:
        hits = await look_up(question, history, find, self._min_score)
        return [hit for hit in hits if hit.score >= self._min_score]

    def depends_on(
        self, question: str, history: Sequence[Turn], sampling: Sampling = DEFAULT
    ) -> Sequence[str]:
        before = depends_on(question, history)
        return [before] if before is not None else []

    async def answer(
        self,
        question: str,
        sources: Sequence[Hit],
        history: Sequence[Turn],
        sampling: Sampling = DEFAULT,
    ) -> AsyncGenerator[str, None]:
        yield passage(sources[0]) if sources else DOES_NOT_KNOW

    async def close(self) -> None:
        pass


def passage(hit: Hit) -> str:
    """The answer of a document that is a question with its answer, else the whole text."""
    answer = hit.document.metadata.get("answer")
    return answer if isinstance(answer, str) and answer else hit.document.text
