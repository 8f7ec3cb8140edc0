from __future__ import annotations

import asyncio
import json
import random
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from service.config import Settings
from service.extractive import Extractive
from service.follow_ups import LONGEST_CHARS, depends_on, look_up
from service.retriever import Retriever
from service.sessions import Turn
from vectorstore.base import Document, Hit

DATA = Path(__file__).parent / "data"
MIN_SCORE = Settings.model_fields["answer_min_score"].default
NEAR, FAR, LEANT = (Hit(Document(name, name, {}), score) for name, score in
                    (("near", 0.5), ("far", 0.2), ("leant", 0.3)))  # fmt: skip


def rows(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (DATA / name).read_text("utf-8").splitlines()]


@pytest.mark.parametrize(
    ("question", "history", "found", "hits"),
    [
        pytest.param("And shoes?", ["Sizes?"], NEAR, [NEAR], id="it stands by itself"),
        pytest.param("And shoes?", [], FAR, [FAR], id="no history"),
        pytest.param("x" * (LONGEST_CHARS + 1), ["Sizes?"], FAR, [FAR], id="long"),
        pytest.param("And shoes?", ["Colours?", "Sizes?"], FAR, [LEANT], id="follow-up"),
        pytest.param("x" * LONGEST_CHARS, ["Sizes?"], FAR, [LEANT], id="as long as may be"),
    ],
)
def test_only_a_short_question_that_finds_nothing_leans_on_the_one_before(
    question, history, found, hits
):
    async def find(asked: str, *, leaning_on: str | None = None) -> list[Hit]:
        assert asked == question
        assert leaning_on in (None, "Sizes?")
        return [found] if leaning_on is None else [LEANT]

    turns = [Turn(text, "answer") for text in history]
    assert asyncio.run(look_up(question, turns, find, 0.4)) == hits


def test_what_the_documents_depend_on():
    turns = [Turn("first", "1"), Turn("second", "2")]
    assert depends_on("and?", turns) == "second"
    assert depends_on("and?", []) is None
    assert depends_on("x" * (LONGEST_CHARS + 1), turns) is None


@pytest.fixture(scope="module")
def ask(embedder, store):
    """The id of the document that a question after another one gets, None for none."""
    retriever = Retriever(embedder, store, top_k=4)
    extractive = Extractive(min_score=MIN_SCORE)

    def first(question: str, before: Sequence[str]) -> str | None:
        turns = [Turn(text, "") for text in before]
        hits = asyncio.run(extractive.look_up(question, turns, retriever.find))
        return hits[0].document.id if hits else None

    yield first
    retriever.close()


@pytest.fixture(scope="module")
def ask_joined(embedder, store):
    """The same for the two texts joined, as LangChain bots without a model to condense do it."""
    retriever = Retriever(embedder, store, top_k=1)

    def first(question: str, before: str) -> str | None:
        (hit,) = asyncio.run(retriever.find(f"{before} {question}"))
        return hit.document.id if hit.score >= MIN_SCORE else None

    yield first
    retriever.close()


def test_joining_the_texts_finds_less_and_spoils_new_topics(ask_joined):
    joined = Counter()
    for row in rows("follow_ups.jsonl"):
        joined[row["kind"]] += right(row, ask_joined(row["question"], row["before"]))
    assert joined == Counter({"follow-up": 8, "new topic": 6, "unknown": 0})
    chosen = random.Random(5)
    answered = [row for row in rows("shop_questions.jsonl") if row["document"]]
    others = [chosen.choice([o for o in answered if o is not row]) for row in answered]
    found = [
        ask_joined(row["question"], other["question"]) == row["document"]
        for row, other in zip(answered, others, strict=True)
    ]
    assert sum(found) < 20  # 43 without the question before


def right(row: dict[str, Any], found: str | None) -> bool:
    return found in row["documents"] if row["documents"] else found is None


def test_follow_ups_find_more_and_new_topics_lose_nothing(ask):
    """The counts of `look_up`: 16 follow-ups, 10 new topics, 4 that no document answers."""
    with_before, without = Counter(), Counter()
    for row in rows("follow_ups.jsonl"):
        with_before[row["kind"]] += right(row, ask(row["question"], [row["before"]]))
        without[row["kind"]] += right(row, ask(row["question"], []))
    assert without == {"follow-up": 9, "new topic": 10, "unknown": 4}
    assert with_before == {"follow-up": 14, "new topic": 10, "unknown": 4}


def test_labelled_questions_after_one_on_another_topic_are_not_spoiled(ask):
    labelled = rows("shop_questions.jsonl")
    chosen = random.Random(5)
    with_before = without = false = 0
    for row in labelled:
        before = chosen.choice(
            [other for other in labelled if other["document"] != row["document"]]
        )
        found = ask(row["question"], [before["question"]])
        if row["document"] is None:
            false += found is not None
        else:
            with_before += found == row["document"]
            without += ask(row["question"], []) == row["document"]
    assert with_before >= without - 1
    assert false <= 4
