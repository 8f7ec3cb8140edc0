"""The documents of a LangChain vector store in SQLite: on disk until one is asked for.

StoredDocuments takes the place of the dict in an InMemoryDocstore, StoredIds that of the
vector store's index_to_docstore_id. Both can be changed; changes stay in memory until the
store is saved. Nothing is ever unpickled.
Copied into this repository by fit512 (MIT licence); works with LangChain 0.0.300 to 1.x.
"""

from __future__ import annotations

import datetime
import decimal
import json
import math
import operator
import sqlite3
import uuid
from collections.abc import Iterable, Iterator, MutableMapping
from pathlib import Path, PurePath
from threading import Lock
from typing import Any

from .langchain_names import first

Document: Any = first("langchain_core.documents:Document", "langchain.schema:Document")
SCHEMA = (
    "CREATE TABLE documents (position INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,"
    " text TEXT NOT NULL, metadata TEXT NOT NULL)"
)
_AS_TEXT = (datetime.date, datetime.time, PurePath, uuid.UUID, decimal.Decimal)


class Rows:
    """The rows of one documents.sqlite, read one at a time by any number of threads."""

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        self._lock = Lock()
        self._connection: sqlite3.Connection | None = None
        self._count: int | None = None

    def count(self) -> int:
        if self._count is None:
            self._count = int(self.one("SELECT count(*) FROM documents")[0])
        return self._count

    def one(self, query: str, *values: Any) -> Any:
        with self._lock:
            return self._connect().execute(query, values).fetchone()

    def all(self, query: str) -> list[Any]:
        with self._lock:
            return self._connect().execute(query).fetchall()

    def close(self) -> None:
        """Lets go of the file, which Windows would not replace otherwise."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
            self._connection = None

    def _connect(self) -> sqlite3.Connection:
        if self._connection is None:
            # immutable: no lock, no journal, so a read-only file system will do.
            uri = f"{self.path.as_uri()}?mode=ro&immutable=1"
            self._connection = sqlite3.connect(uri, uri=True, check_same_thread=False)
        return self._connection


class _Table(MutableMapping):  # type: ignore[type-arg]
    """A column of the rows as a mapping, with what was changed since in memory."""

    key: str
    value: str

    def __init__(self, rows: Rows) -> None:
        self.rows = rows
        self._changed: dict[Any, Any] = {}
        self._removed: set[Any] = set()
        self._stored = rows.count()

    def _parameter(self, key: Any) -> Any:
        return key

    def _read(self, key: Any, row: Any) -> Any:
        return row[0]

    def __getitem__(self, key: Any) -> Any:
        if key in self._changed:
            return self._changed[key]
        row = None
        if key not in self._removed:
            query = f"SELECT {self.value} FROM documents WHERE {self.key} = ?"
            row = self.rows.one(query, self._parameter(key))
        if row is None:
            raise KeyError(key)
        return self._read(key, row)

    def __setitem__(self, key: Any, value: Any) -> None:
        if key not in self._changed and key in self:
            self._removed.add(key)
        self._changed[key] = value

    def __delitem__(self, key: Any) -> None:
        if key in self._changed:
            del self._changed[key]
            return
        self[key]  # raises KeyError
        self._removed.add(key)

    def __iter__(self) -> Iterator[Any]:
        for (key,) in self.rows.all(f"SELECT {self.key} FROM documents ORDER BY position"):
            if key not in self._removed:
                yield key
        yield from list(self._changed)

    def __len__(self) -> int:
        return self._stored - len(self._removed) + len(self._changed)

    def __reduce__(self) -> Any:
        return dict, (list(self.items()),)


class StoredDocuments(_Table):
    """id -> Document."""

    key = "id"
    value = "text, metadata"

    def _read(self, key: Any, row: Any) -> Any:
        # Documents have no id before LangChain 0.2; there it is passed over.
        return Document(page_content=row[0], metadata=json.loads(row[1]), id=key)


class StoredIds(_Table):
    """Row of the vector -> id."""

    key = "position"
    value = "id"

    def _parameter(self, key: Any) -> Any:
        return operator.index(key)  # faiss answers with numpy's integers


def write_documents(path: Path, documents: Iterable[tuple[str, Any]]) -> int:
    """Write (id, Document) pairs in this order to a new file; returns how many there were.

    Raises ValueError for an id that comes twice and for metadata that JSON cannot hold.
    """
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("BEGIN")
        connection.execute(SCHEMA)
        count = 0
        for id_, document in documents:
            row = (count, id_, document.page_content, _metadata(id_, document.metadata))
            connection.execute("INSERT INTO documents VALUES (?, ?, ?, ?)", row)
            count += 1
        connection.execute("COMMIT")
    except sqlite3.IntegrityError as error:
        raise ValueError(f"two documents have the id {id_!r}: {error}") from error
    finally:
        connection.close()
    return count


def _metadata(id_: str, metadata: Any) -> str:
    try:
        return json.dumps(_plain(metadata), ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise ValueError(f"metadata of document {id_!r} cannot be stored: {error}") from error


def _plain(value: Any) -> Any:
    """`value` in JSON's types: dates, paths and the like as text, not-a-number as null."""
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(item) for item in value]
    if isinstance(value, _AS_TEXT):
        return str(value)
    if type(value).__module__ == "numpy":
        return _plain(value.tolist())
    return value
