"""All stores of a folder read the same open files, and none sees what another changes."""

from __future__ import annotations

import asyncio
import copy
import gc
import pickle
import sqlite3
import subprocess
import sys
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import pytest

from tests.migrate.runtime.test_langchain_store import TEXTS, Numbers, found, made
from tools.migrate.runtime import open_stores, stored_documents
from tools.migrate.runtime.langchain_store import (
    _FAISS,
    StoreError,
    StoreFAISS,
    load_local,
    save_local,
)

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="nothing is shared there")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    save_local(made(), tmp_path / "store")
    return tmp_path / "store"


def opened(folder: Path) -> StoreFAISS:
    return load_local(folder, Numbers())


def test_opened_for_each_request_the_files_are_read_once(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = opened(folder)
    monkeypatch.setattr(sqlite3, "connect", None)
    monkeypatch.setattr(faiss, "read_index", None)
    monkeypatch.chdir(folder.parent)
    for again in (opened(folder), opened(Path("store")), opened(Path("store/../store"))):
        assert again.index is first.index
        assert again.docstore is not first.docstore
        assert again.index_to_docstore_id is not first.index_to_docstore_id
        assert found(again) == found(first)


def test_each_brings_its_own_embedder_and_keywords(folder: Path) -> None:
    first, second = Numbers(), Numbers()
    stores = load_local(folder, first), load_local(folder, second, normalize_L2=True)
    assert [store.embedding_function for store in stores] == [first, second]
    assert [store._normalize_L2 for store in stores] == [False, True]


CHANGES: list[tuple[str, Callable[[Any], Any]]] = [
    ("add_texts", lambda db: db.add_texts(["new"])),
    ("aadd_texts", lambda db: asyncio.run(db.aadd_texts(["new"]))),
    ("add_embeddings", lambda db: db.add_embeddings([("new", Numbers().embed_query("new"))])),
    ("delete", lambda db: db.delete(["id-1"])),
    ("merge_from", lambda db: db.merge_from(_FAISS.from_texts(["new"], Numbers()))),
    ("merged into LangChain's", lambda db: _FAISS.from_texts(["new"], Numbers()).merge_from(db)),
]


@pytest.mark.parametrize("change", [c for _, c in CHANGES], ids=[name for name, _ in CHANGES])
@pytest.mark.parametrize("mapped", [False, True])
def test_a_change_is_seen_by_nobody_else(
    change: Callable[[Any], Any], mapped: bool, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(open_stores, "MAPPED_FROM", 0 if mapped else 1 << 30)
    before, changing = opened(folder), opened(folder)
    change(changing)
    after = opened(folder)
    assert before.index is after.index
    for other in (before, after):
        assert found(other, k=20) == found(made(), k=20)
        assert len(other.docstore._dict) == len(TEXTS)
    assert changing.index.ntotal != len(TEXTS)


def test_held_by_one_it_is_changed_in_place_and_read_anew_for_the_next(folder: Path) -> None:
    db = opened(folder)
    index = db.index
    db.add_texts(["new"])
    assert db.index is index  # a copy would take the memory twice
    db.index.remove_ids(np.array([0], "int64"))
    assert found(opened(folder), k=20) == found(made(), k=20)


def test_an_index_changed_directly(folder: Path) -> None:
    alone = opened(folder)
    alone.index.add(np.zeros((1, 8), "float32"))
    assert alone.index.ntotal == len(TEXTS) + 1
    one, other = opened(folder), opened(folder)
    assert one.index.ntotal == len(TEXTS)
    with pytest.raises(StoreError, match="used by others: change it by the store's own methods"):
        one.index.reset()
    del other
    one.index.reset()
    assert (one.index.ntotal, opened(folder).index.ntotal) == (0, len(TEXTS))


def test_what_faiss_itself_emptied_is_read_again(folder: Path) -> None:
    db = opened(folder)
    faiss.IndexFlatL2(8).merge_from(db.index)
    assert db.index.ntotal == 0
    assert found(opened(folder)) == found(made())


def test_a_store_that_is_written_over_is_opened_anew(folder: Path) -> None:
    db = opened(folder)
    save_local(made(["other"]), folder)
    assert found(db) == found(made())
    assert [text for text, _, _ in found(opened(folder))] == ["other"]


def test_saved_again_and_again_it_goes_on(folder: Path) -> None:
    ours, theirs = opened(folder), made()
    for number in range(3):
        for db in (ours, theirs):
            db.add_texts([f"new {number}"], ids=[f"new-{number}"])
            db.delete([f"id-{number}"])
        save_local(ours, folder)
        for db in (ours, opened(folder)):
            assert dict(db.index_to_docstore_id) == theirs.index_to_docstore_id
            assert len(db.docstore._dict) == len(theirs.docstore._dict)
            assert found(db, k=20) == found(theirs, k=20)
    assert not ours.docstore._dict._changed


def test_files_damaged_after_opening_are_refused(folder: Path) -> None:
    db = opened(folder)
    path = folder / "documents.sqlite"
    path.write_bytes(path.read_bytes() + b"\0")
    with pytest.raises(StoreError, match="documents.sqlite is not the file"):
        opened(folder)
    path.unlink()
    with pytest.raises(StoreError, match="documents.sqlite cannot be read"):
        opened(folder)
    del db


def test_copied_and_pickled_it_is_independent(folder: Path) -> None:
    db = opened(folder)
    for own in (copy.deepcopy(db), pickle.loads(pickle.dumps(db))):
        own.add_texts(["new"])
        assert own.index.ntotal == len(TEXTS) + 1
    assert db.index.ntotal == len(TEXTS)


def test_many_threads_open_it_at_once(folder: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        stores = list(pool.map(opened, [folder] * 16))
        assert len({id(store.index) for store in stores}) == 1
        assert list(pool.map(found, stores)) == [found(made())] * 16


def test_no_more_bytes_than_the_bound_stay_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(open_stores, "KEPT", 3 * open_stores._HANDLE)
    references = []
    for number in range(5):
        save_local(made([f"text {number}"]), tmp_path / str(number))
        references.append(weakref.ref(opened(tmp_path / str(number)).hold.opened))
    gc.collect()
    assert [reference() is not None for reference in references] == [False] * 3 + [True] * 2


FORK = """
import os, signal, sys
from tests.migrate.runtime.test_langchain_store import Numbers, found, made
from tools.migrate.runtime.langchain_store import load_local
db = load_local(sys.argv[1], Numbers())
expected = found(made())
for _ in range(3):
    child = os.fork()
    if child == 0:
        signal.alarm(20)  # what hangs is killed, and counts as failed
        again = load_local(sys.argv[1], Numbers())
        shared = again.hold.opened is db.hold.opened
        os._exit(0 if not shared and found(again) == found(db) == expected else 1)
    print(os.waitpid(child, 0)[1])
"""


def test_a_forked_process_opens_it_anew(folder: Path) -> None:
    command = [sys.executable, "-W", "ignore", "-c", FORK, str(folder)]
    assert subprocess.check_output(command, text=True).splitlines() == ["0"] * 3


def test_the_documents_are_counted_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    one = stored_documents.Rows.one
    opened(folder)
    monkeypatch.setattr(
        stored_documents.Rows, "one", lambda self, q, *v: asked.append(q) or one(self, q, *v)
    )
    opened(folder)
    assert asked == []
