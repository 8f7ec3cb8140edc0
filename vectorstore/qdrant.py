"""A store in Qdrant: `qdrant:FOLDER` in the client's local mode, `qdrant+http://…` on a server.

The local mode holds all vectors in memory and one process opens it at a time. Search is exact.
What the store is for (model, metric) stands in a collection of its own, `NAME_about`. Both names are
aliases, so that another store takes its place in one step.
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from qdrant_client import QdrantClient, models

from vectorstore.base import Document, Hit, StoreError, StoreInfo, Vectors
from vectorstore.commandline import Exit
from vectorstore.exact import unit
from vectorstore.faiss_store import matches
from vectorstore.qdrant_connection import SharedClient, client, errors, place
from vectorstore.replaced import check_model

if TYPE_CHECKING:
    from vectorstore.addresses import About, Batch

DISTANCES = {"ip": models.Distance.DOT, "l2": models.Distance.EUCLID}
CHECK_S = 1.0  # of the model, which another request tells
EXACT = models.SearchParams(exact=True)


class QdrantStore:
    """An opened collection; see `VectorStore`. All threads share one client."""

    def __init__(self, where: str, name: str) -> None:
        self._name, self._where = name, where
        self._client = SharedClient(where)
        try:
            self.info = self._client.ask(self._info)
        except StoreError:
            self._client.close()
            raise
        self._checked_s = time.monotonic()

    def _about(self, opened: QdrantClient, collection: str = "") -> Mapping[str, Any]:
        about = f"{collection or self._name}_about"
        if not opened.collection_exists(about):
            raise StoreError(
                f"{place(self._where)} has no store {self._name!r}. Make one: `python -m vectorstore"
                f" copy FOLDER {place(self._where)}#{self._name}`.",
                Exit.ERROR,
            )
        (point,) = opened.retrieve(about, [0])
        return point.payload or {}

    def _info(self, opened: QdrantClient) -> StoreInfo:
        about = self._about(opened)
        return StoreInfo(
            Path(f"{place(self._where)}#{self._name}"),
            opened.count(self._name).count,
            int(about["dim"]),
            about["metric"],
            "qdrant",
            about["name"],
            about["sha256"],
        )

    def search(
        self, vector: Vectors, k: int, *, where: Mapping[str, Any] | None = None
    ) -> list[Hit]:
        query = np.asarray(vector, np.float32)
        if query.shape != (self.info.dim,):
            raise StoreError(f"a vector of shape {query.shape} cannot be searched in {self.info}")
        if k < 1 or not np.isfinite(query).all():
            raise ValueError(f"k is {k} (at least 1) and the vector must hold finite numbers")
        query = unit(query) if self.info.metric == "ip" else query
        limit = self.info.count if where else k
        hits = self._nearest(query, max(1, limit))
        matching = (hit for hit in hits if not where or matches(hit.document, where))
        return list(islice(matching, k))

    def _nearest(self, query: Vectors, limit: int) -> list[Hit]:
        # The local mode is exact anyway, and warns when it is told to be.
        exact = None if self._where.startswith("qdrant:") else EXACT
        numbers = query.tolist()

        def ask(opened: QdrantClient) -> Sequence[models.ScoredPoint]:
            self._check_model(opened)
            return opened.query_points(
                self._name, query=numbers, limit=limit, search_params=exact
            ).points

        # Equally near documents come in the order in which they are stored.
        points = sorted(
            self._client.ask(ask), key=lambda point: (-self._score(point.score), point.id)
        )
        return [Hit(_document(point.payload), self._score(point.score)) for point in points]

    def _check_model(self, opened: QdrantClient) -> None:
        """Raises OtherModel where the name stands for a store of another model now; once in CHECK_S."""
        if time.monotonic() - self._checked_s < CHECK_S:
            return
        check_model("collection", self._name, self._about(opened), self.info)
        self._checked_s = time.monotonic()

    def _score(self, score: float) -> float:
        return score if self.info.metric == "ip" else 1 - score * score / 2

    def documents(self, ids: Sequence[str]) -> list[Document]:
        wanted = models.FieldCondition(key="id", match=models.MatchAny(any=list(ids)))
        points, _ = self._client.ask(
            lambda opened: opened.scroll(
                self._name, scroll_filter=models.Filter(must=[wanted]), limit=max(1, len(ids))
            )
        )
        known = {document.id: document for document in (_document(p.payload) for p in points)}
        return [known[name] for name in ids if name in known]

    def batches(self, size: int) -> Iterator[Batch]:
        """All documents with their vectors, in the order in which they are stored.

        Raises StoreError when the store is replaced meanwhile, or their number changes.
        """
        found = collection, count = self._client.ask(self._resolved)
        for start in range(0, count, size):
            ids = list(range(start, min(start + size, count)))
            points = sorted(self._points(collection, ids), key=lambda point: int(point.id))
            if len(points) < len(ids):
                raise self._changed()
            vectors = np.array([point.vector for point in points], np.float32)
            yield [_document(point.payload) for point in points], vectors
        if self._client.ask(self._resolved) != found:
            raise self._changed()

    def _changed(self) -> StoreError:
        return StoreError(f"{self.info.folder} was changed while it was read. Copy it again.")

    def _resolved(self, opened: QdrantClient) -> tuple[str, int]:
        """The collection that the name stands for now, and its number of documents."""
        aliases = {one.alias_name: one.collection_name for one in opened.get_aliases().aliases}
        collection = aliases.get(self._name, self._name)
        check_model("collection", self._name, self._about(opened, collection), self.info)
        return collection, opened.count(collection).count

    def _points(self, collection: str, ids: Sequence[int]) -> list[models.Record]:
        """Those that are there; of a collection that was replaced, none."""

        def ask(opened: QdrantClient) -> list[models.Record]:
            there = opened.collection_exists(collection)
            return opened.retrieve(collection, ids, with_vectors=True) if there else []

        return self._client.ask(ask)

    def cut_off(self) -> None:
        """End the search that runs, in whichever thread, with StoreError; nothing is searched after."""
        self._client.cut_off()

    def close(self) -> None:
        self._client.close()


def write(
    where: str, name: str, about: About, batches: Iterator[Batch], *, force: bool = False
) -> None:
    """Write collections of a new name, and give them `name` as an alias. Raises StoreError.

    With `force` the alias is moved in one step, and what it stood for is deleted after that: a copy
    that fails leaves the store that is there, and who searches it meanwhile is answered from it.
    """
    with closing(client(where)) as opened, errors(where):
        _check_free(opened, where, name, force=force)
        new = f"{name}_{secrets.token_hex(8)}"
        try:
            _fill(opened, new, about, batches)
            _rename(opened, new, name)
        except BaseException:
            with suppress(Exception):  # the first error is the one to tell
                if new not in {one.collection_name for one in opened.get_aliases().aliases}:
                    _delete(opened, new)
            raise


def _check_free(opened: QdrantClient, where: str, name: str, *, force: bool) -> None:
    """Raises StoreError for what is there and may not be replaced: with `force`, what is no store."""
    there = [one for one in (name, f"{name}_about") if opened.collection_exists(one)]
    if there and not force:
        raise StoreError(f"{place(where)}#{there[0]} exists; --force replaces it.", Exit.ERROR)
    if there and not (len(there) == 2 and _is_about(opened, f"{name}_about")):
        raise StoreError(
            f"{place(where)}#{there[0]} is a collection of yours, and no store that `vectorstore copy`"
            " has written. Choose another name, or delete it first.",
            Exit.ERROR,
        )


def _is_about(opened: QdrantClient, name: str) -> bool:
    points = opened.retrieve(name, [0])
    return bool(points) and {"dim", "metric", "name", "sha256"} <= (points[0].payload or {}).keys()


def _rename(opened: QdrantClient, new: str, name: str) -> None:
    aliases = {one.alias_name: one.collection_name for one in opened.get_aliases().aliases}
    if name not in aliases:
        _delete(opened, name)  # where it is a collection, which an alias cannot take the place of
    moves: list[models.AliasOperations] = []
    for alias, collection in ((name, new), (f"{name}_about", f"{new}_about")):
        if alias in aliases:
            old = models.DeleteAlias(alias_name=alias)
            moves.append(models.DeleteAliasOperation(delete_alias=old))
        made = models.CreateAlias(collection_name=collection, alias_name=alias)
        moves.append(models.CreateAliasOperation(create_alias=made))
    opened.update_collection_aliases(moves)
    # Only what was written here: an alias of yours may stand for a collection of yours.
    if re.fullmatch(f"{name}_[0-9a-f]{{16}}", aliases.get(name, "")):
        _delete(opened, aliases[name])


def _delete(opened: QdrantClient, name: str) -> None:
    for collection in (f"{name}_about", name):
        if opened.collection_exists(collection):
            opened.delete_collection(collection)


def _fill(opened: QdrantClient, name: str, about: About, batches: Iterator[Batch]) -> None:
    shape = models.VectorParams(size=about.dim, distance=DISTANCES[about.metric])
    opened.create_collection(name, vectors_config=shape)
    position = 0
    for documents, vectors in batches:
        points = [
            models.PointStruct(id=position + at, vector=vector.tolist(), payload=asdict(document))
            for at, (document, vector) in enumerate(zip(documents, vectors, strict=True))
        ]
        opened.upsert(name, points)
        position += len(points)
    one = models.VectorParams(size=1, distance=models.Distance.DOT)
    opened.create_collection(f"{name}_about", vectors_config=one)
    payload = asdict(about)
    opened.upsert(f"{name}_about", [models.PointStruct(id=0, vector=[1.0], payload=payload)])


def _document(payload: Mapping[str, Any] | None) -> Document:
    found = payload or {}
    return Document(found["id"], found["text"], found["metadata"])
