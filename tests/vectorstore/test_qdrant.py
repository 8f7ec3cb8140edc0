"""A server of Qdrant that hangs is not waited for, and holds up nobody who ends."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import asdict

import numpy as np
import pytest

from tests.qdrant import hanging_qdrant
from tests.vectorstore.helpers import LETTERS_MODEL
from vectorstore import qdrant_connection
from vectorstore.addresses import About, open_address
from vectorstore.base import Remote, StoreError

ABOUT = asdict(About("letters", LETTERS_MODEL.sha256, 27, "ip"))
QUERY = np.ones(27, np.float32)


def test_a_store_on_a_server_is_opened():
    with hanging_qdrant(ABOUT, 60) as server, closing(open_address(server.address)) as store:
        assert isinstance(store, Remote)
        assert (store.info.count, store.info.dim, store.info.model_name) == (60, 27, "letters")


def test_a_search_that_nobody_answers_can_be_cut_off():
    with (
        hanging_qdrant(ABOUT, 60) as server,
        closing(open_address(server.address)) as store,
        ThreadPoolExecutor() as pool,
    ):
        asked = pool.submit(store.search, QUERY, 1)
        assert server.asked.acquire(timeout=30)
        store.cut_off()
        assert server.left.acquire(timeout=5)
        with pytest.raises(
            StoreError, match=r"^the store qdrant\+http://127\.0\.0\.1:\d+ is closed$"
        ):
            asked.result(30)
        with pytest.raises(StoreError, match="is closed"):
            store.search(QUERY, 1)
        assert not server.asked.acquire(blocking=False)


@pytest.mark.parametrize("drip_s", [None, 0.05], ids=["silent", "a header now and then"])
def test_a_server_that_hangs_is_not_waited_for(monkeypatch, drip_s):
    monkeypatch.setattr(qdrant_connection, "SILENT_S", 0.5)
    with (
        hanging_qdrant(ABOUT, 60, drip_s=drip_s) as server,
        closing(open_address(server.address)) as store,
    ):
        for _ in range(2):
            with pytest.raises(StoreError, match=r"^qdrant\+http://127\.0\.0\.1:\d+: [A-Z]\w+$"):
                store.search(QUERY, 1)
            assert server.left.acquire(timeout=5)


def test_nor_when_the_store_is_opened(monkeypatch):
    monkeypatch.setattr(qdrant_connection, "SILENT_S", 0.5)
    with hanging_qdrant(ABOUT, 60, hangs_at="/exists") as server:
        with pytest.raises(StoreError, match=r"^qdrant\+http://127\.0\.0\.1:\d+: [A-Z]\w+$"):
            open_address(server.address)
        assert server.left.acquire(timeout=5)


def test_who_waits_for_the_search_before_waits_only_so_long(monkeypatch):
    with (
        hanging_qdrant(ABOUT, 60) as server,
        closing(open_address(server.address)) as store,
        ThreadPoolExecutor() as pool,
    ):
        first = pool.submit(store.search, QUERY, 1)
        assert server.asked.acquire(timeout=30)
        monkeypatch.setattr(qdrant_connection, "SILENT_S", 0.1)
        with pytest.raises(StoreError, match="the call before takes too long"):
            store.search(QUERY, 1)
        store.cut_off()
        with pytest.raises(StoreError, match="is closed"):
            first.result(30)
