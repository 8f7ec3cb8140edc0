"""A PostgreSQL that lets one in and then says nothing."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from queue import SimpleQueue

import pytest
from psycopg import sql

from tests.postgres import postgres_server
from vectorstore import postgres
from vectorstore.addresses import About
from vectorstore.base import StoreError
from vectorstore.pgvector import PgvectorStore, write

# https://www.postgresql.org/docs/current/protocol-message-formats.html
AUTHENTICATED = b"R" + struct.pack("!ii", 8, 0)
READY = b"Z" + struct.pack("!i", 5) + b"I"
PLACE = r"^postgresql://127\.0\.0\.1:\d+/db: "


@contextmanager
def silent_after_login(logins: SimpleQueue[socket.socket]) -> Iterator[str]:
    """The address of a server that authenticates whoever comes, and is not heard from again."""

    def serve() -> None:
        while True:
            try:
                client, _ = listening.accept()
            except OSError:
                return
            client.recv(4096)
            client.sendall(AUTHENTICATED + READY)
            logins.put(client)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve)
        thread.start()
        port = listening.getsockname()[1]
        try:
            yield f"postgresql://me:secret@127.0.0.1:{port}/db?sslmode=disable&gssencmode=disable"
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            thread.join()


@pytest.fixture
def logins():
    return SimpleQueue()


@pytest.fixture
def silent(logins):
    with silent_after_login(logins) as url:
        yield url


def was_asked_once(logins):
    """And then left."""
    with logins.get(timeout=30) as client:
        client.settimeout(30)
        heard = b"".join(iter(lambda: client.recv(4096), b""))
    assert b"lock_timeout" in heard
    assert logins.empty()


def test_a_server_that_is_silent_after_the_login_is_not_waited_for(silent, logins, monkeypatch):
    monkeypatch.setattr(postgres, "SILENT_S", 0.5)
    with pytest.raises(StoreError, match=PLACE) as refused:
        PgvectorStore(silent, "chunks")
    assert "secret" not in str(refused.value)
    was_asked_once(logins)


def test_nor_by_a_copy(silent, logins, monkeypatch):
    monkeypatch.setattr(postgres, "SILENT_S", 0.5)
    with pytest.raises(StoreError, match=PLACE):
        write(silent, "chunks", About("letters", "0" * 64, 27, "ip"), iter([]))
    was_asked_once(logins)


@pytest.mark.slow
def test_a_store_whose_server_came_back_so_can_be_closed_at_once(silent, logins, monkeypatch):
    monkeypatch.setattr(postgres, "SILENT_S", 60)
    one = sql.SQL("SELECT 1").format()
    with postgres_server() as url, ThreadPoolExecutor() as pool:
        connection = postgres.SharedConnection(url)
        assert connection.rows(one) == [(1,)]
        connection._lose()
        connection._url = silent
        asked = pool.submit(connection.rows, one)
        with logins.get(timeout=30) as client:
            assert client.recv(4096)
            connection.cut_off()
            with pytest.raises(StoreError, match=PLACE):
                asked.result(30)
        with pytest.raises(StoreError, match="is closed"):
            connection.rows(one)
        connection.close()
