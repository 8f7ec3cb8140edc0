from __future__ import annotations

import asyncio
import threading

import pytest

from service.answers import DocumentsUnavailable, Overloaded
from service.errors import told
from service.retriever import LONG_BYTES, Retriever
from tests.service.helpers import STORE
from vectorstore.addresses import copy_store, open_address

LONG = "word " * LONG_BYTES


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
