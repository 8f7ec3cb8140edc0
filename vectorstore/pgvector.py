"""A store in PostgreSQL with the vector extension: several instances of the service share it.

One table: `position`, `id`, `text`, `metadata` (JSON) and `embedding`; its comment says which model
and metric it is for. Search is exact until you create an index of pgvector's on `embedding`.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import psycopg
from psycopg import sql

from vectorstore.base import Document, Hit, StoreError, StoreInfo, Vectors
from vectorstore.commandline import Exit
from vectorstore.exact import unit
from vectorstore.faiss_store import matches
from vectorstore.metadata import metadata_json
from vectorstore.postgres import SharedConnection, connect, errors, place

if TYPE_CHECKING:
    from vectorstore.addresses import About, Batch

OPERATORS = {"ip": "<#>", "l2": "<->"}
# With LOCK_S for each, ten minutes.
DROP_TRIES, DROP_PAUSE_S = 120, 1.0
COLUMNS = "position bigint PRIMARY KEY, id text NOT NULL UNIQUE, text text NOT NULL, metadata json NOT NULL"


class PgvectorStore:
    """An opened table; see `VectorStore`. All threads share one connection."""

    def __init__(self, url: str, table: str) -> None:
        self._url, self._table = url, table
        self._connection = SharedConnection(url)
        self.info = self._info()

    def _info(self) -> StoreInfo:
        query = "SELECT obj_description(to_regclass(%s), 'pg_class')"
        ((comment,),) = self._connection.rows(sql.SQL(query).format(), (self._table,))
        try:
            about = json.loads(comment or "")
            count = self._connection.rows(self._sql("SELECT count(*) FROM {table}"))[0][0]
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
        rows = self._connection.rows(statement, (literal(query), k, skip))
        return [Hit(Document(*row[:3]), self._score(row[3])) for row in rows]

    def _score(self, distance: float) -> float:
        return -distance if self.info.metric == "ip" else 1 - distance * distance / 2

    def documents(self, ids: Sequence[str]) -> list[Document]:
        statement = self._sql("SELECT id, text, metadata FROM {table} WHERE id = ANY(%s)")
        known = {row[0]: Document(*row) for row in self._connection.rows(statement, (list(ids),))}
        return [known[name] for name in ids if name in known]

    def batches(self, size: int) -> Iterator[Batch]:
        """All documents with their vectors, in the order in which they are stored."""
        statement = self._sql(
            "SELECT id, text, metadata, embedding::text FROM {table}"
            " WHERE position >= %s AND position < %s ORDER BY position"
        )
        for start in range(0, self.info.count, size):
            rows = self._connection.rows(statement, (start, start + size))
            vectors = np.array([json.loads(row[3]) for row in rows], np.float32)
            yield [Document(*row[:3]) for row in rows], vectors

    def cut_off(self) -> None:
        """End the search that runs, in whichever thread, with StoreError; nothing is searched after."""
        self._connection.cut_off()

    def close(self) -> None:
        self._connection.close()

    def _sql(self, text: str) -> sql.Composed:
        operator = OPERATORS[self.info.metric] if "{operator}" in text else ""
        return sql.SQL(text).format(
            table=sql.Identifier(self._table),
            operator=sql.SQL(operator),
        )


def write(
    url: str, table: str, about: About, batches: Iterator[Batch], *, force: bool = False
) -> None:
    """Write a table in one transaction. Raises StoreError for one that is there, unless `force`.

    The one that is there is searched until the new one is whole, and takes its name. Indexes of
    yours on it and what others were granted go with it.
    """
    old, new = sql.Identifier(table), sql.Identifier(f"{table}_{secrets.token_hex(8)}")
    with errors(url), connect(url) as connection, connection.transaction():
        connection.execute("CREATE EXTENSION IF NOT EXISTS vector")
        (found,) = connection.execute("SELECT to_regclass(%s)", (table,)).fetchone() or (None,)
        if found and not force:
            raise StoreError(f"{place(url)}#{table} exists; --force replaces it.", Exit.ERROR)
        columns = sql.SQL(f"CREATE TABLE {{}} ({COLUMNS}, embedding vector({int(about.dim)}))")
        connection.execute(columns.format(new))
        comment = sql.SQL("COMMENT ON TABLE {} IS {}")
        connection.execute(comment.format(new, sql.Literal(json.dumps(asdict(about)))))
        _fill(connection, new, batches)
        _drop(connection, table, f"{place(url)}#{table}")
        connection.execute(sql.SQL("ALTER TABLE {} RENAME TO {}").format(new, old))


def _drop(connection: psycopg.Connection, table: str, name: str) -> None:
    """Drop the old table once nobody reads it; each try keeps new readers waiting LOCK_S at most.

    Raises StoreError when somebody always does.
    """
    statement = sql.SQL("DROP TABLE IF EXISTS {}").format(sql.Identifier(table))
    for _ in range(DROP_TRIES):
        with suppress(psycopg.errors.LockNotAvailable), connection.transaction():
            connection.execute(statement)
            return
        time.sleep(DROP_PAUSE_S)
    raise StoreError(
        f"{name}: somebody reads it all the time (a dump, a session idle in a transaction); nothing"
        " was changed. End that, and copy again.",
        Exit.ERROR,
    )


def _fill(connection: psycopg.Connection, table: sql.Identifier, batches: Iterator[Batch]) -> None:
    statement = sql.SQL("COPY {} FROM STDIN").format(table)
    numbered = enumerate(pair for batch in batches for pair in zip(*batch, strict=True))
    with connection.cursor().copy(statement) as rows:
        for position, (document, vector) in numbered:
            metadata = metadata_json(document)
            rows.write_row((position, document.id, document.text, metadata, literal(vector)))


def literal(vector: Vectors) -> str:
    """The vector as pgvector reads it; nine digits give each float32 back as it was."""
    return "[" + ",".join(f"{value:.9g}" for value in vector.tolist()) + "]"
