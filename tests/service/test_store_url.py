"""The service on a store that is not a folder."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict

import psycopg
import pytest
from pydantic import SecretStr

from service.config import Settings
from service.parts import Parts
from tests.postgres import postgres_server
from tests.qdrant import hanging_qdrant
from tests.service.helpers import MODEL, STORE, eventually, running
from vectorstore.addresses import About, copy_store
from vectorstore.commandline import CommandError
from vectorstore.faiss_store import open_store


def test_a_store_elsewhere_is_opened(tmp_path):
    address = f"qdrant:{tmp_path / 'q'}#shop"
    copy_store(str(STORE), address)
    parts = Parts.load(
        Settings(model_dir=MODEL, store_dir=tmp_path / "none", store_url=SecretStr(address))
    )
    assert (parts.store.info.kind, parts.store.info.count) == ("qdrant", 83)
    parts.store.close()


@pytest.mark.slow
def test_the_service_answers_from_it(tmp_path):
    address = f"qdrant:{tmp_path / 'q'}#shop"
    copy_store(str(STORE), address)
    with running(tmp_path, STORE_URL=address) as service:
        asked = [service.chat("Do you take PayPal?").json() for _ in range(2)]
    assert asked[0]["sources"]
    assert [answer["cached"] for answer in asked] == [False, True]


@pytest.mark.slow
def test_a_database_that_does_not_answer_holds_up_neither_the_visitor_nor_the_end(tmp_path):
    with postgres_server() as url, psycopg.connect(url) as other:
        copy_store(str(STORE), f"{url}#shop")
        settings = {"STORE_URL": f"{url}#shop", "SHUTDOWN_GRACE_S": "1", "CACHE_MIB": "0"}
        with running(tmp_path, **settings) as service, ThreadPoolExecutor() as pool:
            assert service.chat("Do you take PayPal?").status_code == 200
            other.execute("LOCK TABLE shop IN ACCESS EXCLUSIVE MODE")
            asked = list(pool.map(service.chat, [f"Do you take PayPal, {n}?" for n in range(6)]))
            assert {answer.status_code for answer in asked} == {503}
            assert all(answer.headers["retry-after"] for answer in asked)
            assert "store failed: LockNotAvailable" in service.log
            # One more, which waits in the database when the service is told to stop.
            last = pool.submit(service.chat, "Do you take PayPal?")
            eventually(lambda: service.metric("fit512_in_flight") == 1)
            service.process.terminate()
            assert service.process.wait(30) == 0
            assert last.result().status_code == 503
            assert "LockNotAvailable" not in service.log.partition("stopping")[2]


@pytest.mark.slow
def test_a_table_of_another_model_is_not_answered_from(tmp_path):
    with postgres_server() as url:
        address = f"{url}#shop"
        copy_store(str(STORE), address)
        with running(tmp_path, STORE_URL=address, CACHE_MIB="0") as service:
            assert service.chat("Do you take PayPal?").status_code == 200
            about = {**asdict(About.of(open_store(STORE).info)), "name": "new", "sha256": "f" * 64}
            with psycopg.connect(url) as other:
                other.execute(f"COMMENT ON TABLE shop IS '{json.dumps(about)}'")
            refused = service.chat("Do you take PayPal?")
            assert (refused.status_code, "new" in refused.text) == (503, False)
            assert "the table shop holds vectors of 'new'" in service.log


@pytest.mark.slow
def test_nor_does_a_qdrant_that_hangs(tmp_path):
    info = open_store(STORE).info
    about = asdict(About.of(info))
    with hanging_qdrant(about, info.count) as server:
        settings = {"STORE_URL": server.address, "SHUTDOWN_GRACE_S": "1"}
        with running(tmp_path, **settings) as service, ThreadPoolExecutor() as pool:
            asked = pool.submit(service.chat, "Do you take PayPal?")
            assert server.asked.acquire(timeout=30)
            service.process.terminate()
            assert service.process.wait(30) == 0
            assert server.left.acquire(timeout=5)
            assert asked.result().status_code == 503
            # It was told to stop, and the search was not left to its own end.
            assert "ResponseHandlingException" not in service.log
            assert "store failed: StoreError" in service.log.partition("stopping")[2]


def test_a_password_is_not_in_the_message():
    address = SecretStr("postgresql://me:hunter2@127.0.0.1:1/shop")
    with pytest.raises(CommandError, match=r"^postgresql://127\.0\.0\.1:1/shop: ") as refused:
        Parts.load(Settings(model_dir=MODEL, store_url=address))
    assert "hunter2" not in str(refused.value)
