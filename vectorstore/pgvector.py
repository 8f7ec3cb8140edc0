"""A store in PostgreSQL with the vector extension: several instances of the service share it.

One table: `position`, `id`, `text`, `metadata` (JSON) and `embedding`; its comment says which model
and metric it is for. Search is exact until you create an index of pgvector's on `embedding`.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from vectorstore.base import Document, Hit, StoreError, StoreInfo, Vectors, without_secrets
from vectorstore.commandline import Exit
from vectorstore.exact import unit
from vectorstore.faiss_store import matches
from vectorstore.metadata import metadata_json

if TYPE_CHECKING:
    from vectorstore.addresses import About, Batch

TIMEOUT_S = 10
OPERATORS = {"ip": "<#>", "l2": "<->"}
COLUMNS = "position bigint PRIMARY KEY, id text NOT NULL UNIQUE, text text NOT NULL, metadata json NOT NULL"
Rows = list[tuple[Any, ...]]


class PgvectorStore:
    """An opened table; see `VectorStore`. One connection behind a lock, made again when it is lost."""

    def __init__(self, url: str, table: str) -> None:
        self._url, self._table = url, table
        self._lock = threading.Lock()
        self._connection: psycopg.Connection | None = connect(url)
        self._closed = False
        self.info = self._info()

    def _info(self) -> StoreInfo:
        query = "SELECT obj_description(to_regclass(%s), 'pg_class')"
        ((comment,),) = self._rows(sql.SQL(query).format(), (self._table,))
        try:
            about = json.loads(comment or "")
            count = self._rows(self._sql("SELECT count(*) FROM {table}"))[0][0]
            return StoreInfo(
                Path(f"{place(self._url)}#{self._table}"),
                count,
                int(about["dim"]),
                about["metric"],
                "pgvector",
                about["name"],
                about["sha256"],
            )
        except (ValueError, KeyError, TypeError) as error:
            self.close()
            raise StoreError(
                f"{place(self._url)} has no store {self._table!r}. Make one: `python -m vectorstore"
                f" copy FOLDER {place(self._url)}#{self._table}`.",
                Exit.ERROR,
            ) from error

    def search(
        self, vector: Vectors, k: int, *, where: Mapping[str, Any] | None = None
    ) -> list[Hit]:
        query = np.asarray(vector, np.float32)
        if query.shape != (self.info.dim,):
            raise StoreError(f"a vector of shape {query.shape} cannot be searched in {self.info}")
        if k < 1 or not np.isfinite(query).all():
            raise ValueError(f"k is {k} (at least 1) and the vector must hold finite numbers")
        query = unit(query) if self.info.metric == "ip" else query
        if not where:
            return self._nearest(query, k, 0)
        matching = (hit for hit in self._all(query) if matches(hit.document, where))
        return list(islice(matching, k))

    def _all(self, query: Vectors) -> Iterator[Hit]:
        for start in range(0, self.info.count, 256):
            yield from self._nearest(query, 256, start)

    def _nearest(self, query: Vectors, k: int, skip: int) -> list[Hit]:
        statement = self._sql(
            "SELECT id, text, metadata, embedding {operator} %s::vector AS distance FROM {table}"
            " ORDER BY distance, position LIMIT %s OFFSET %s"
        )
        rows = self._rows(statement, (literal(query), k, skip))
        return [Hit(Document(*row[:3]), self._score(row[3])) for row in rows]

    def _score(self, distance: float) -> float:
        return -distance if self.info.metric == "ip" else 1 - distance * distance / 2

    def documents(self, ids: Sequence[str]) -> list[Document]:
        statement = self._sql("SELECT id, text, metadata FROM {table} WHERE id = ANY(%s)")
        known = {row[0]: Document(*row) for row in self._rows(statement, (list(ids),))}
        return [known[name] for name in ids if name in known]

    def batches(self, size: int) -> Iterator[Batch]:
        """All documents with their vectors, in the order in which they are stored."""
        statement = self._sql(
            "SELECT id, text, metadata, embedding::text FROM {table}"
            " WHERE position >= %s AND position < %s ORDER BY position"
        )
        for start in range(0, self.info.count, size):
            rows = self._rows(statement, (start, start + size))
            vectors = np.array([json.loads(row[3]) for row in rows], np.float32)
            yield [Document(*row[:3]) for row in rows], vectors

    def close(self) -> None:
        self._closed = True
        if self._connection is not None:
            self._connection.close()

    def _sql(self, text: str) -> sql.Composed:
        operator = OPERATORS[self.info.metric] if "{operator}" in text else ""
        return sql.SQL(text).format(
            table=sql.Identifier(self._table),
            operator=sql.SQL(operator),
        )

    def _rows(self, statement: sql.Composed, values: Sequence[Any] = ()) -> Rows:
        with self._lock:
            if self._closed:
                raise StoreError(f"the store {self.info.folder} is closed")
            try:
                return self._ask(statement, values)
            except psycopg.OperationalError:  # the server went away: it may be back
                self._lose()
            except psycopg.Error as error:
                raise StoreError(_failed(self._url, error), Exit.ERROR) from error
            with _errors(self._url):
                return self._ask(statement, values)

    def _lose(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    def _ask(self, statement: sql.Composed, values: Sequence[Any]) -> Rows:
        if self._connection is None:
            self._connection = connect(self._url)
        rows: Rows = self._connection.execute(statement, values).fetchall()
        return rows


def write(
    url: str, table: str, about: About, batches: Iterator[Batch], *, force: bool = False
) -> None:
    """Write a table in one transaction. Raises StoreError for one that is there, unless `force`."""
    name = sql.Identifier(table)
    with _errors(url), connect(url) as connection, connection.transaction():
        connection.execute("CREATE EXTENSION IF NOT EXISTS vector")
        (found,) = connection.execute("SELECT to_regclass(%s)", (table,)).fetchone() or (None,)
        if found and not force:
            raise StoreError(f"{place(url)}#{table} exists; --force replaces it.", Exit.ERROR)
        connection.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(name))
        columns = sql.SQL(f"CREATE TABLE {{}} ({COLUMNS}, embedding vector({int(about.dim)}))")
        connection.execute(columns.format(name))
        comment = sql.SQL("COMMENT ON TABLE {} IS {}")
        connection.execute(comment.format(name, sql.Literal(json.dumps(asdict(about)))))
        with connection.cursor().copy(sql.SQL("COPY {} FROM STDIN").format(name)) as rows:
            position = 0
            for documents, vectors in batches:
                for document, vector in zip(documents, vectors, strict=True):
                    metadata = metadata_json(document)
                    rows.write_row(
                        (position, document.id, document.text, metadata, literal(vector))
                    )
                    position += 1


def literal(vector: Vectors) -> str:
    """The vector as pgvector reads it; nine digits give each float32 back as it was."""
    return "[" + ",".join(f"{value:.9g}" for value in vector.tolist()) + "]"


def connect(url: str) -> psycopg.Connection:
    """A connection that commits each statement. Raises StoreError without the password."""
    with _errors(url):
        return psycopg.connect(
            url,
            autocommit=True,
            connect_timeout=TIMEOUT_S,
            tcp_user_timeout=TIMEOUT_S * 1000,  # of a server that vanished nothing would be heard
        )


@contextmanager
def _errors(url: str) -> Iterator[None]:
    try:
        yield
    except psycopg.Error as error:
        raise StoreError(_failed(url, error), Exit.ERROR) from error


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


def place(url: str) -> str:
    """The address without user, password and parameters, also where a password is not encoded."""
    return f"postgresql://{without_secrets(url.partition('://')[2])}"
