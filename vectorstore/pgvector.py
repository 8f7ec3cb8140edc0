"""A store in PostgreSQL with the vector extension: several instances of the service share it.

One table: `position`, `id`, `text`, `metadata` (JSON) and `embedding`; its comment says which model
and metric it is for. Search is exact until you create an index of pgvector's on `embedding`.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, suppress
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
from vectorstore.postgres import SharedConnection, Snapshot, connect, errors, place
from vectorstore.postgres_tables import columns, lost_with
from vectorstore.replaced import check_model

if TYPE_CHECKING:
    from vectorstore.addresses import About, Batch

# What the table says of its model, in the same statement as what is found in it: it may be replaced.
COMMENT = "obj_description(to_regclass(%s), 'pg_class')"
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
        statement = sql.SQL("SELECT {}").format(sql.SQL(COMMENT))
        ((comment,),) = self._connection.rows(statement, (self._table,))
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
            "SELECT id, text, metadata, embedding {operator} %s::vector AS distance,"
            f" (SELECT {COMMENT}) FROM {{table}} ORDER BY distance, position LIMIT %s OFFSET %s"
        )
        rows = self._connection.rows(statement, (literal(query), self._table, k, skip))
        for comment in {row[4] for row in rows}:
            check_model("table", self._table, _about(comment), self.info)
        return [Hit(Document(*row[:3]), self._score(row[3])) for row in rows]

    def _score(self, distance: float) -> float:
        return -distance if self.info.metric == "ip" else 1 - distance * distance / 2

    def documents(self, ids: Sequence[str]) -> list[Document]:
        statement = self._sql("SELECT id, text, metadata FROM {table} WHERE id = ANY(%s)")
        known = {row[0]: Document(*row) for row in self._connection.rows(statement, (list(ids),))}
        return [known[name] for name in ids if name in known]

    def batches(self, size: int) -> Iterator[Batch]:
        """All documents with their vectors as they are now, in the order in which they are stored.

        What others write meanwhile is not seen. Raises OtherModel for a table that has been replaced
        by one of another model since it was opened.
        """
        statement = self._sql(
            "SELECT id, text, metadata, embedding::text FROM {table} ORDER BY position"
        )
        with closing(Snapshot(self._url, self._table)) as snapshot:
            ((comment,),) = snapshot.rows(sql.SQL(f"SELECT {COMMENT}"), (self._table,))
            check_model("table", self._table, _about(comment), self.info)
            snapshot.declare(statement)
            while found := snapshot.fetch(size):
                vectors = np.array([json.loads(row[3]) for row in found], np.float32)
                yield [Document(*row[:3]) for row in found], vectors

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

    Who searches the one that is there finds its old rows until all new ones are there. It stays, with
    its indexes, grants and views, and so do columns of yours. Only vectors of another dim need
    another table, which takes its name; StoreError when anything would be lost with the old one.
    """
    name = f"{place(url)}#{table}"
    with errors(url), connect(url) as connection:
        with connection.transaction():
            connection.execute("CREATE EXTENSION IF NOT EXISTS vector")
            there = columns(connection, table)
            stays = there.items() >= _types(about.dim).items()
            if there and not force:
                raise StoreError(f"{name} exists; --force replaces it.", Exit.ERROR)
            if stays:
                _empty(connection, table, name)
                _fill(connection, table, about, batches)
            else:
                _keep_all(connection, table, there, about, name)
                new = f"{table}_{secrets.token_hex(8)}"
                _create(connection, new, about.dim)
                _fill(connection, new, about, batches)
                _drop(connection, table, name)
                rename = sql.SQL("ALTER TABLE {} RENAME TO {}")
                connection.execute(rename.format(sql.Identifier(new), sql.Identifier(table)))
        if stays:
            # An approximate index finds fewer while the old rows are in it. If this cannot be done
            # now, the server does it later.
            with suppress(psycopg.Error):
                connection.execute(sql.SQL("VACUUM (ANALYZE) {}").format(sql.Identifier(table)))


def _types(dim: int) -> dict[str, str]:
    """The columns of a store, as PostgreSQL names their types."""
    plain = {"position": "bigint", "id": "text", "text": "text", "metadata": "json"}
    return {**plain, "embedding": f"vector({dim})"}


def _create(connection: psycopg.Connection, table: str, dim: int) -> None:
    statement = sql.SQL(f"CREATE TABLE {{}} ({COLUMNS}, embedding vector({int(dim)}))")
    connection.execute(statement.format(sql.Identifier(table)))


def _empty(connection: psycopg.Connection, table: str, name: str) -> None:
    """Delete all rows; not TRUNCATE, for which who reads would have to wait to the end."""
    old = sql.Identifier(table)
    try:
        connection.execute(sql.SQL("LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE").format(old))
    except psycopg.errors.LockNotAvailable as error:
        raise StoreError(
            f"{name}: somebody else writes to it; nothing was changed. Copy again after that.",
            Exit.ERROR,
        ) from error
    connection.execute(sql.SQL("DELETE FROM {}").format(old))


def _keep_all(
    connection: psycopg.Connection, table: str, there: dict[str, str], about: About, name: str
) -> None:
    """Raises StoreError when anything would be lost with a table that has to be another one."""
    wanted = _types(about.dim)
    others = [f"column {column}" for column in there if column not in wanted]
    if lost := [*others, *lost_with(connection, table)]:
        has = there.get("embedding", "none")
        raise StoreError(
            f"{name} has embedding {has}, and {wanted['embedding']} needs another table. With this one"
            f" would be lost: {', '.join(lost)}. Drop that first, or copy to another #TABLE; nothing"
            " was changed.",
            Exit.ERROR,
        )


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


def _fill(
    connection: psycopg.Connection, table: str, about: About, batches: Iterator[Batch]
) -> None:
    into = sql.Identifier(table)
    comment = sql.SQL("COMMENT ON TABLE {} IS {}")
    connection.execute(comment.format(into, sql.Literal(json.dumps(asdict(about)))))
    ours = sql.SQL(", ").join(map(sql.Identifier, _types(about.dim)))
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(into, ours)
    numbered = enumerate(pair for batch in batches for pair in zip(*batch, strict=True))
    with connection.cursor().copy(statement) as rows:
        for position, (document, vector) in numbered:
            metadata = metadata_json(document)
            rows.write_row((position, document.id, document.text, metadata, literal(vector)))


def _about(comment: str | None) -> Mapping[str, Any] | None:
    """What a table's comment says of its store; None where it says nothing of one."""
    try:
        about = json.loads(comment or "")
    except ValueError:
        return None
    return about if isinstance(about, dict) else None


def literal(vector: Vectors) -> str:
    """The vector as pgvector reads it; nine digits give each float32 back as it was."""
    return "[" + ",".join(f"{value:.9g}" for value in vector.tolist()) + "]"
