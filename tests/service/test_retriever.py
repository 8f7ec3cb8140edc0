from __future__ import annotations

import asyncio
import threading

import numpy as np
import pytest

from service.answers import DocumentsUnavailable, Overloaded
from service.embed_queue import LONG_BYTES
from service.errors import told
from service.retriever import Retriever
from tests.service.helpers import STORE
from vectorstore.addresses import copy_store, open_address
from vectorstore.faiss_store import open_store

LONG = "word " * LONG_BYTES
# Whatever the default is.
EIGHT = 8


class Held:
    """An embedder that works when it is let, and counts how many texts it had at a time."""

    def __init__(self, embedder) -> None:
        self.embedder = embedder
        self.go_on = threading.Event()
        self.at_once = self.most = 0
        self.lock = threading.Lock()

    def embed_query(self, text: str) -> list[float]:
        with self.lock:
            self.at_once += 1
            self.most = max(self.most, self.at_once)
        self.go_on.wait(30)
        with self.lock:
            self.at_once -= 1
        return self.embedder.embed_query("short")


@pytest.fixture
def held(embedder):
    held = Held(embedder)
    yield held
    held.go_on.set()


def test_who_waits_too_long_is_turned_away_and_the_queue_is_empty_again(held, store):
    async def ask() -> None:
        retriever = Retriever(held, store, top_k=1, workers=1, wait_s=0.2)
        first = asyncio.create_task(retriever.find("one"))
        await asyncio.sleep(0)
        with pytest.raises(Overloaded):
            await asyncio.wait_for(retriever.find("two"), 30)
        assert retriever.waiting == 0
        held.go_on.set()
        assert len(await first) == 1
        assert len(await retriever.find("three")) == 1
        retriever.close()

    asyncio.run(ask())


def test_who_is_gone_waits_no_more(held, store):
    async def ask() -> None:
        retriever = Retriever(held, store, top_k=1, workers=1, wait_s=30)
        first, second = (asyncio.create_task(retriever.find(name)) for name in "12")
        await asyncio.sleep(0.01)
        assert retriever.waiting == 1
        second.cancel()
        await asyncio.wait([second])
        assert retriever.waiting == 0
        held.go_on.set()
        await first
        retriever.close()

    asyncio.run(ask())


@pytest.mark.parametrize(("text", "most"), [("short", 2), (LONG, 1)], ids=["short", "long"])
def test_long_texts_are_embedded_one_at_a_time(held, store, text, most):
    async def ask() -> None:
        retriever = Retriever(held, store, top_k=1, workers=2)
        asked = [asyncio.create_task(retriever.find(text)) for _ in range(4)]
        await asyncio.sleep(0.2)
        held.go_on.set()
        await asyncio.gather(*asked)
        assert held.most <= most
        retriever.close()

    asyncio.run(ask())


def test_a_long_text_that_nobody_waits_for_still_counts(held, store):
    async def ask() -> None:
        retriever = Retriever(held, store, top_k=1, workers=2, wait_s=30)
        left = asyncio.create_task(retriever.find(LONG))
        while not held.at_once:
            await asyncio.sleep(0.01)
        left.cancel()
        await asyncio.wait([left])
        asked = asyncio.create_task(retriever.find(LONG))
        await asyncio.sleep(0.1)
        assert (held.most, retriever.waiting) == (1, 1)
        held.go_on.set()
        await asked
        retriever.close()

    asyncio.run(ask())


class Noted:
    """An embedder that notes what it is given at a time, and works when it is let."""

    def __init__(self, embedder, recipe: str = "w8") -> None:
        self.embedder, self.recipe = embedder, recipe
        self.given: list[list[str]] = []
        self.go_on = threading.Event()

    def embed_query(self, text: str) -> list[float]:
        return self.embed_queries([text])[0].tolist()

    def embed_queries(self, texts):
        self.given.append(list(texts))
        assert self.go_on.wait(30)
        return self.embedder.embed_queries(texts)


async def asked_while_one_is_embedded(noted, store, questions, **given):
    """A task for each question; all of them wait for the only thread, which has another one."""
    retriever = Retriever(noted, store, top_k=4, workers=1, together=EIGHT, **{"crowd": 0, **given})
    first = asyncio.create_task(retriever.look("first"))
    while not noted.given:
        await asyncio.sleep(0.01)
    tasks = [asyncio.create_task(retriever.look(*one)) for one in questions]
    await asyncio.sleep(0)
    return retriever, [first, *tasks]


def of(*questions: str) -> list[tuple[str]]:
    return [(question,) for question in questions]


@pytest.mark.parametrize(
    ("questions", "recipe", "given"),
    [
        (list("abc"), "w8", [["a", "b", "c"]]),
        (list("abc"), "fp32", [["a", "b", "c"]]),
        (list("abc"), "int8", [["a"], ["b"], ["c"]]),
        (list("abcdefghij"), "w8", [list("abcdefgh"), ["i", "j"]]),
        (["a", LONG, "b", LONG, "c"], "w8", [["a", "b", "c"], [LONG], [LONG]]),
        ([LONG, "a", LONG, "b"], "w8", [[LONG], ["a", "b"], [LONG]]),
    ],
    ids=["together", "unquantized", "int8", "at most eight", "long among short", "long first"],
)
def test_what_waits_is_embedded_together(embedder, store, questions, recipe, given):
    noted = Noted(embedder, recipe)

    async def ask() -> None:
        retriever, tasks = await asked_while_one_is_embedded(noted, store, of(*questions))
        noted.go_on.set()
        await asyncio.gather(*tasks)
        retriever.close()

    asyncio.run(ask())
    assert noted.given == [["first"], *given]


def test_only_a_crowd_is_embedded_together(embedder, store):
    noted = Noted(embedder)

    async def ask() -> None:
        retriever, tasks = await asked_while_one_is_embedded(
            noted, store, of(*"abcdefghijkl"), crowd=4
        )
        noted.go_on.set()
        await asyncio.gather(*tasks)
        retriever.close()

    asyncio.run(ask())
    assert [len(batch) for batch in noted.given] == [1, 8, 1, 1, 1, 1]


def test_each_gets_what_it_gets_alone(embedder, store):
    texts = ["Do you take PayPal?", "", "Größe?", "How long does delivery take? " * 8, "a\nb"]
    questions = [*of(*texts), ("And for shoes?", "How can I return a hat?")]

    async def look(question, leaning_on=None):
        return await alone.look(question, leaning_on=leaning_on)

    async def ask():
        noted = Noted(embedder)
        retriever = Retriever(noted, store, top_k=4, together=EIGHT, crowd=0)
        busy = asyncio.create_task(retriever.look("first"))
        await asyncio.sleep(0)
        tasks = [
            asyncio.create_task(retriever.look(one[0], leaning_on=one[1] if one[1:] else None))
            for one in questions
        ]
        await asyncio.sleep(0)
        noted.go_on.set()
        together = await asyncio.gather(busy, *tasks)
        assert len(noted.given) == 2
        retriever.close()
        return together[1:], [await look(*one) for one in questions]

    alone = Retriever(embedder, store, top_k=4, together=1)
    together, apart = asyncio.run(ask())
    alone.close()
    for (hits, vector, _), (same_hits, same_vector, _) in zip(together, apart, strict=True):
        np.testing.assert_allclose(vector, same_vector, rtol=0, atol=1e-5)
        assert [hit.document for hit in hits] == [hit.document for hit in same_hits]
        assert [hit.score for hit in hits] == pytest.approx([h.score for h in same_hits], abs=1e-5)


@pytest.mark.parametrize("when", ["it waits", "it is embedded"])
def test_who_is_gone_leaves_the_others_alone(embedder, store, when):
    noted = Noted(embedder)

    async def ask() -> None:
        retriever, tasks = await asked_while_one_is_embedded(noted, store, of("a", "b", "c"))
        if when == "it is embedded":
            noted.go_on.set()
            await tasks[0]
            noted.go_on.clear()
            while len(noted.given) < 2:
                await asyncio.sleep(0)
        tasks[2].cancel()
        await asyncio.wait([tasks[2]])
        noted.go_on.set()
        found = await asyncio.gather(*tasks, return_exceptions=True)
        assert [isinstance(one, BaseException) for one in found] == [False, False, True, False]
        assert retriever.waiting == 0
        retriever.close()

    asyncio.run(ask())
    assert when == "it is embedded" or noted.given == [["first"], ["a", "c"]]


def test_who_waits_too_long_leaves_the_others_alone(embedder, store):
    noted = Noted(embedder)

    async def ask() -> None:
        retriever, tasks = await asked_while_one_is_embedded(noted, store, of("a"), wait_s=0.3)
        with pytest.raises(Overloaded):
            await tasks[1]
        later = asyncio.create_task(retriever.look("b"))
        await asyncio.sleep(0)
        noted.go_on.set()
        assert len((await later)[0]) == 4
        assert len((await tasks[0])[0]) == 4
        retriever.close()

    asyncio.run(ask())
    assert noted.given == [["first"], ["b"]]


def test_all_of_a_batch_are_told_when_the_store_fails(embedder):
    store = open_store(STORE)
    store.close()
    noted = Noted(embedder)

    async def ask() -> None:
        retriever, tasks = await asked_while_one_is_embedded(noted, store, of("a", "b"))
        noted.go_on.set()
        found = await asyncio.gather(*tasks, return_exceptions=True)
        assert [type(one) for one in found] == [DocumentsUnavailable] * 3
        retriever.close()

    asyncio.run(ask())


def test_a_batch_takes_no_more_than_the_longest_question(embedder, store, monkeypatch):
    shapes = []
    run = embedder._model.run

    def noted_run(values):
        shapes.append(values["input_ids"].shape)
        return run(values)

    monkeypatch.setattr(embedder._model, "run", noted_run)
    questions = [f"{n} " + "!" * (LONG_BYTES - 10 * n) for n in range(1, EIGHT)] + ["x"] * 3

    async def ask() -> None:
        noted = Noted(embedder)
        retriever, tasks = await asked_while_one_is_embedded(noted, store, of(*questions))
        noted.go_on.set()
        await asyncio.gather(*tasks)
        retriever.close()

    asyncio.run(ask())
    assert max(rows for rows, _ in shapes) > 1
    assert max(rows * tokens for rows, tokens in shapes) <= embedder.max_tokens


def test_a_store_that_cannot_be_reached_is_no_fault_of_the_service(embedder, tmp_path):
    address = f"qdrant:{tmp_path / 'q'}"
    copy_store(str(STORE), address)
    store = open_address(address)
    store.close()
    retriever = Retriever(embedder, store, top_k=1)
    with pytest.raises(DocumentsUnavailable) as error:
        asyncio.run(retriever.find("Do you take PayPal?"))
    retriever.close()
    assert told(error.value).status == 503
