"""The texts and metadata of a store: one SQLite file, written once, then only read.

Schema: `documents (position INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, text TEXT NOT NULL,
metadata TEXT NOT NULL)`; `position` is the row of the document's vector, `metadata` a JSON object.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from types import TracebackType

from vectorstore.base import Document, StoreError
from vectorstore.commandline import Exit
from vectorstore.metadata import excerpt, half_pair, metadata_json

SCHEMA = (
    "CREATE TABLE documents (position INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,"
    " text TEXT NOT NULL, metadata TEXT NOT NULL)"
)
CACHE_KIB = 256  # the kernel caches the file anyway


class Documents:
    """The documents of an opened store. One connection behind a lock serves all threads."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        try:
            self._connection = _connect(path)
            self.count = self._count()
        except sqlite3.Error as error:
            raise StoreError(_unreadable(path, error), Exit.ERROR) from error

    def _count(self) -> int:
        # position counts up from 0 without gaps: no scan needed.
        try:
            (last,) = self._connection.execute("SELECT max(position) FROM documents").fetchone()
        except sqlite3.Error:
            self._connection.close()
            raise
        return 0 if last is None else int(last) + 1

    def at(self, positions: Sequence[int]) -> list[Document]:
        """The documents at these positions, in this order. Raises StoreError for a missing one."""
        query = "SELECT id, text, metadata FROM documents WHERE position = ?"
        try:
            with self._lock:
                rows = [self._connection.execute(query, (at,)).fetchone() for at in positions]
        except sqlite3.Error as error:
            raise StoreError(_unreadable(self._path, error), Exit.ERROR) from error
        if None in rows:
            position = positions[rows.index(None)]
            raise StoreError(f"{self._path} has no document for vector {position}. {_AGAIN}")
        return [_document(row) for row in rows]

    def named(self, ids: Sequence[str]) -> list[Document]:
        """The documents with these ids, in this order; those that there are not are left out."""
        query = "SELECT id, text, metadata FROM documents WHERE id = ?"
        try:
            with self._lock:
                rows = [self._connection.execute(query, (name,)).fetchone() for name in ids]
        except sqlite3.Error as error:
            raise StoreError(_unreadable(self._path, error), Exit.ERROR) from error
        return [_document(row) for row in rows if row]

    def sources(self) -> dict[str, int]:
        """How many documents name each source in their metadata, most first."""
        query = (
            "SELECT json_extract(metadata, '$.source') AS source, count(*) AS documents"
            " FROM documents WHERE source IS NOT NULL GROUP BY source ORDER BY documents DESC, source"
        )
        try:
            with self._lock:
                return {str(name): n for name, n in self._connection.execute(query)}
        except sqlite3.Error as error:
            raise StoreError(_unreadable(self._path, error), Exit.ERROR) from error

    def __iter__(self) -> Iterator[Document]:
        for start in range(0, self.count, 256):
            yield from self.at(range(start, min(start + 256, self.count)))

    def close(self) -> None:
        with self._lock:
            self._connection.close()


def _connect(path: Path) -> sqlite3.Connection:
    # immutable: no locks, no journal, so it works on a read-only file system too.
    uri = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
    connection = sqlite3.connect(uri, uri=True, check_same_thread=False)
    connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
    return connection


_AGAIN = "Build or convert the store again."


def _unreadable(path: Path, error: sqlite3.Error) -> str:
    return f"cannot read the documents in {path}: {error}. {_AGAIN}"


def _document(row: tuple[str, str, str]) -> Document:
    return Document(id=row[0], text=row[1], metadata=json.loads(row[2]))


def roll_back(path: Path) -> None:
    """Undo what a killed writer had not committed: a reader of ours would take its pages as they are."""
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=rw", uri=True)) as connection:
        connection.execute("SELECT count(*) FROM documents").fetchone()


class DocumentsWriter:
    """Writes documents one after the other into a new file; a context manager.

    `keep`: go on behind that many documents of the file that is there.
    """

    def __init__(self, path: Path, *, keep: int = 0) -> None:
        self.count = keep
        if not keep:
            path.unlink(missing_ok=True)
        self._connection = sqlite3.connect(path, isolation_level=None)
        # What was committed outlives this process, not the machine: a build can be run again.
        self._connection.execute("PRAGMA journal_mode = DELETE")
        self._connection.execute("PRAGMA synchronous = OFF")
        if keep:
            self._connection.execute("DELETE FROM documents WHERE position >= ?", (keep,))
        else:
            self._connection.execute(SCHEMA)
        self._connection.execute("BEGIN")

    def __enter__(self) -> DocumentsWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if error is None:
                self._connection.execute("COMMIT")
        except sqlite3.Error as failure:
            raise StoreError(
                f"the documents could not be written: {failure}", Exit.ERROR
            ) from failure
        finally:
            self._connection.close()

    def commit(self) -> None:
        """Keep what was appended, even if this process is killed."""
        self._connection.execute("COMMIT")
        self._connection.execute("BEGIN")

    def extend(self, documents: Iterable[Document]) -> None:
        for document in documents:
            self.append(document)

    def append(self, document: Document) -> None:
        """Append one document at the next position.

        Raises StoreError, naming the document, for an id that is there already and for text or
        metadata that cannot be stored.
        """
        metadata = metadata_json(document)
        try:
            document.id.encode(), document.text.encode()
            self._connection.execute(
                "INSERT INTO documents VALUES (?, ?, ?, ?)",
                (self.count, document.id, document.text, metadata),
            )
        except UnicodeEncodeError as error:
            raise StoreError(half_pair(document)) from error
        except sqlite3.IntegrityError as error:
            raise StoreError(self._twice(document)) from error
        except (sqlite3.Error, OverflowError) as error:
            raise StoreError(
                f"document {document.id!r} could not be written: {error}", Exit.ERROR
            ) from error
        self.count += 1

    def _twice(self, document: Document) -> str:
        query = "SELECT position, text FROM documents WHERE id = ?"
        position, text = self._connection.execute(query, (document.id,)).fetchone()
        return (
            f"two documents have the id {document.id!r}: number {position + 1} ({excerpt(text)}) and"
            f" number {self.count + 1} ({excerpt(document.text)}). Give each its own id."
        )
