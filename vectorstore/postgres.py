"""A connection to PostgreSQL that nothing holds up for ever, and errors without the password.

A table that is locked and a disk that hangs keep a statement waiting without end, and a server that is
stopped still acknowledges what it is sent: each of them has a bound here.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import partial
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from vectorstore.base import StoreError, without_secrets
from vectorstore.commandline import Exit
from vectorstore.hanging import hang_up, heard_from

CONNECT_S = 5
# The server ends a statement that waits for a lock, or works, for so long.
LOCK_S = 4
STATEMENT_S = 8
# And here the connection is cut when it did not.
SILENT_S = 10
Rows = list[tuple[Any, ...]]


class SharedConnection:
    """One connection behind a lock, made again when it is lost."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._lock = threading.Lock()
        self._connection: psycopg.Connection | None = None
        self._closed = False
        self._connected()

    def rows(self, statement: sql.Composed, values: Sequence[Any] = ()) -> Rows:
        """What the statement gives. Raises StoreError, at the latest SILENT_S after its turn came."""
        if not self._lock.acquire(timeout=SILENT_S):
            raise StoreError(f"{place(self._url)}: the statement before takes too long", Exit.ERROR)
        try:
            return self._rows(statement, values)
        finally:
            self._lock.release()

    def cut_off(self) -> None:
        """End the statement that runs, in whichever thread, and take no other."""
        self._closed = True
        if self._connection is not None:
            _hang_up(self._connection)

    def close(self) -> None:
        self._closed = True
        if self._connection is not None:
            self._connection.close()

    def _rows(self, statement: sql.Composed, values: Sequence[Any]) -> Rows:
        with errors(self._url):
            try:
                return self._ask(statement, values)
            except (psycopg.errors.QueryCanceled, psycopg.errors.LockNotAvailable):
                raise  # it would wait as long again
            except psycopg.OperationalError:  # the server went away: it may be back
                self._lose()
            return self._ask(statement, values)

    def _lose(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    def _ask(self, statement: sql.Composed, values: Sequence[Any]) -> Rows:
        self._check_open()
        connection = self._connected()
        with _heard_from(connection):
            rows: Rows = connection.execute(statement, values).fetchall()
        return rows

    def _check_open(self) -> None:
        if self._closed:
            raise StoreError(f"the store {place(self._url)} is closed")

    def _connected(self) -> psycopg.Connection:
        """Raises StoreError: what cannot be connected is not tried twice."""
        if self._connection is None:
            with errors(self._url):
                self._connection = _opened(self._url)
                try:
                    self._check_open()  # meanwhile there was nothing to cut off
                    _bound(self._connection, STATEMENT_S)
                except (psycopg.Error, StoreError):
                    self._lose()
                    raise
        return self._connection


def connect(url: str) -> psycopg.Connection:
    """A connection that commits each statement, which may take any time, but waiting for a lock LOCK_S.

    Raises StoreError without the password.
    """
    with errors(url):
        connection = _opened(url)
        try:
            _bound(connection, 0)
        except psycopg.Error:
            connection.close()
            raise
        return connection


class Snapshot:
    """A connection whose statements find what was in `table` when it was made, and write nothing.

    The table is neither dropped nor emptied meanwhile (TRUNCATE); its rows may be replaced. A server
    that is not heard from within SILENT_S is given up. Raises StoreError without the password.
    """

    def __init__(self, url: str, table: str) -> None:
        self._url = url
        self._connection = connect(url)
        self._cursor: psycopg.ServerCursor | None = None
        try:
            self.rows(sql.SQL("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY"))
            # Before the first statement that reads, which is what all others see.
            lock = sql.SQL("LOCK TABLE {} IN ACCESS SHARE MODE")
            self.rows(lock.format(sql.Identifier(table)))
        except StoreError:
            self.close()
            raise

    def rows(self, statement: sql.SQL | sql.Composed, values: Sequence[Any] = ()) -> Rows:
        """What the statement gives; none for one that gives nothing."""
        with errors(self._url), _heard_from(self._connection):
            done = self._connection.execute(statement, values)
            return done.fetchall() if done.description else []

    def declare(self, statement: sql.Composed) -> None:
        """Begin to read what the statement gives, with `fetch`."""
        with errors(self._url), _heard_from(self._connection):
            self._cursor = self._connection.cursor("snapshot")
            self._cursor.execute(statement)

    def fetch(self, size: int) -> Rows:
        """The next rows, `size` at most."""
        assert self._cursor is not None, "declare comes first"
        with errors(self._url), _heard_from(self._connection):
            rows: Rows = self._cursor.fetchmany(size)
        return rows

    def close(self) -> None:
        """End it, without a word of the server's."""
        self._connection.close()
        if self._cursor is not None:
            with suppress(psycopg.Error):
                self._cursor.close()


def _opened(url: str) -> psycopg.Connection:
    return psycopg.connect(
        url,
        autocommit=True,
        connect_timeout=CONNECT_S,
        tcp_user_timeout=int(SILENT_S * 1000),  # of a server that vanished nothing would be heard
    )


def _bound(connection: psycopg.Connection, statement_s: int) -> None:
    """Have the server end what waits for a lock, or works, for too long (0: for any time)."""
    # Not at the login: poolers refuse these there.
    with _heard_from(connection):
        for name, seconds in (("lock_timeout", LOCK_S), ("statement_timeout", statement_s)):
            connection.execute("SELECT set_config(%s, %s, false)", (name, f"{seconds}s"))


def _heard_from(connection: psycopg.Connection) -> AbstractContextManager[None]:
    """Cut the connection when the block is not through within SILENT_S."""
    return heard_from(SILENT_S, partial(_hang_up, connection))


def _hang_up(connection: psycopg.Connection) -> None:
    """Who waits for an answer of the server sees the connection end."""
    with suppress(OSError, psycopg.Error):
        if not connection.closed:
            hang_up(connection.fileno())


@contextmanager
def errors(url: str) -> Iterator[None]:
    """Raises StoreError for those of psycopg."""
    try:
        yield
    except psycopg.Error as error:
        raise StoreError(_failed(url, error), Exit.ERROR) from error


def place(url: str) -> str:
    """The address without user, password and parameters, also where a password is not encoded."""
    return f"postgresql://{without_secrets(url.partition('://')[2])}"


def _failed(url: str, error: psycopg.Error) -> str:
    try:
        parts = conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        parts = {"dbname": "@"}
    if "@" in str(parts.get("dbname")):  # the reason would repeat what could not be read
        return f"{place(url)}: percent-encode what is special in the password."
    password = str(parts.get("password") or "")
    reason = " ".join(str(error).split())
    return f"{place(url)}: {reason.replace(password, '***') if password else reason}"
