from __future__ import annotations

import asyncio
import datetime
import hashlib
import json
import pickle
import sqlite3
import sys
import threading
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.migrate.runtime import open_stores
from tools.migrate.runtime.langchain_names import first
from tools.migrate.runtime.langchain_store import (
    _FAISS,
    StoreError,
    StoreFAISS,
    load_local,
    save_local,
)
from tools.migrate.runtime.stored_documents import Document, _plain, write_documents

DistanceStrategy = first(
    "langchain_community.vectorstores.utils:DistanceStrategy",
    "langchain.vectorstores.utils:DistanceStrategy",
)
Embeddings = first("langchain_core.embeddings:Embeddings", "langchain.embeddings.base:Embeddings")
TEXTS = ["returns take 30 days", "shipping is free", "we take cards", "call us", "täglich 9–18 Uhr"]


class Numbers(Embeddings):  # type: ignore[misc]
    """Vectors of 8 numbers made from the text's digest; says who it is, as our embedder does."""

    def __init__(self, sha256: str = "a" * 64, dim: int = 8) -> None:
        self.name, self.sha256, self.dim = "numbers", sha256, dim

    def embed_query(self, text: str) -> list[float]:
        digest = hashlib.sha256(text.encode()).digest()
        return [byte / 255 for byte in digest[: self.dim]]

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [self.embed_query(text) for text in texts]


class Nameless(Numbers):
    def __init__(self) -> None:
        self.dim = 8

    dim = 8


def made(texts: list[str] = TEXTS, **kwargs: Any) -> Any:
    ids = [f"id-{number}" for number in range(len(texts))]
    metadatas = [{"source": f"faq.txt:{number}"} for number in range(len(texts))]
    return _FAISS.from_texts(texts, Numbers(), metadatas=metadatas, ids=ids, **kwargs)


def found(db: Any, question: str = "shipping", k: int = 3) -> list[tuple[str, Any, float]]:
    hits = db.similarity_search_with_score(question, k=k)
    return [(hit.page_content, hit.metadata, float(score)) for hit, score in hits]


def test_a_store_comes_back_as_it_was(tmp_path: Path) -> None:
    db = made()
    save_local(db, tmp_path / "store")
    again = load_local(f"{tmp_path}/store/", Numbers(), allow_dangerous_deserialization=True)
    assert found(again) == found(db)
    assert sorted(path.name for path in (tmp_path / "store").iterdir()) == [
        "documents.sqlite",
        "index.faiss",
        "manifest.json",
    ]
    assert dict(again.index_to_docstore_id) == db.index_to_docstore_id
    assert again.docstore.search("id-0").page_content == TEXTS[0]
    assert again.docstore.search("nobody") == db.docstore.search("nobody")
    assert isinstance(again, _FAISS)
    assert isinstance(again.docstore, type(db.docstore))
    assert set(again.docstore._dict) == set(db.docstore._dict)


def test_the_searches_of_langchain(tmp_path: Path) -> None:
    db = made()
    save_local(db, tmp_path)
    again = load_local(tmp_path, Numbers())
    for search in (db, again):
        retriever = search.as_retriever(search_kwargs={"k": 2, "filter": {"source": "faq.txt:2"}})
        assert [hit.page_content for hit in retriever.invoke("cards")] == [TEXTS[2]]
        assert len(search.max_marginal_relevance_search("cards", k=2, fetch_k=4)) == 2
        assert len(asyncio.run(search.asimilarity_search("cards", k=2))) == 2


@pytest.mark.skipif(not hasattr(faiss, "IO_FLAG_MMAP_IFC"), reason="faiss before 1.11")
def test_a_mapped_index_is_searched_and_can_be_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(open_stores, "MAPPED_FROM", 0)
    save_local(made(), tmp_path / "a")
    for change in (
        lambda db: db.add_texts(["new"]),
        lambda db: asyncio.run(db.aadd_texts(["new"])),
        lambda db: db.add_embeddings([("new", Numbers().embed_query("new"))]),
        lambda db: db.delete(["id-1"]),
        lambda db: db.merge_from(_FAISS.from_texts(["new"], Numbers())),
    ):
        db = load_local(tmp_path / "a", Numbers())
        assert db.hold.opened.mapped
        assert found(db) == found(made())
        before = db.index.ntotal
        change(db)
        assert abs(db.index.ntotal - before) == 1
        save_local(db, tmp_path / "b")
        assert load_local(tmp_path / "b", Numbers()).index.ntotal == db.index.ntotal
    save_local(_FAISS.from_texts(["other"], Numbers()), tmp_path / "c")
    db = load_local(tmp_path / "a", Numbers())
    db.merge_from(load_local(tmp_path / "c", Numbers()))
    assert db.index.ntotal == len(TEXTS) + 1
    with pytest.raises(StoreError, match="mapped from its file"):
        load_local(tmp_path / "a", Numbers()).index.add(np.zeros((1, 8), "float32"))


@settings(max_examples=40)
@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("add"), st.integers(0, 9)),
            st.tuples(st.just("delete"), st.integers(0, 9)),
            st.tuples(st.just("merge"), st.integers(0, 9)),
            st.tuples(st.just("save"), st.just(0)),
        ),
        max_size=8,
    )
)
def test_changed_in_any_order_it_is_what_langchain_holds(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int]]
) -> None:
    folder = tmp_path_factory.mktemp("store")
    theirs = made()
    save_local(theirs, folder)
    ours: Any = load_local(folder, Numbers())
    for step, number in steps:
        results = [change(db, step, number) for db in (ours, theirs)]
        assert results[0] == results[1]
        if step == "save":
            ours.save_local(str(folder))
            ours = load_local(folder, Numbers())
        assert dict(ours.index_to_docstore_id) == theirs.index_to_docstore_id
        assert dict(ours.docstore._dict).keys() == theirs.docstore._dict.keys()
        assert len(ours.docstore._dict) == len(theirs.docstore._dict)
        assert sorted(found(ours, k=20)) == sorted(found(theirs, k=20))


def change(db: Any, step: str, number: int) -> Any:
    try:
        if step == "add":
            return db.add_texts([f"new {number}"], ids=[f"id-{number}"])
        if step == "delete":
            return db.delete([f"id-{number}"])
        if step == "merge":
            other = _FAISS.from_texts([f"other {number}"], Numbers(), ids=[f"id-{number}"])
            if db.docstore.search(f"id-{number}") == f"ID id-{number} not found.":
                db.merge_from(other)
    except ValueError as error:
        # add() has changed the index by then, in LangChain's own as well: put it right.
        db.index.remove_ids(np.arange(len(db.index_to_docstore_id), db.index.ntotal))
        return str(error)
    return None


def test_another_name_is_a_folder_of_its_own(tmp_path: Path) -> None:
    save_local(made(["one"]), tmp_path, index_name="faq")
    save_local(made(["two"]), tmp_path)
    assert found(load_local(tmp_path, Numbers(), "faq"))[0][0] == "one"
    assert found(load_local(tmp_path, Numbers()))[0][0] == "two"


def test_keywords_reach_langchain(tmp_path: Path) -> None:
    db = made(distance_strategy=DistanceStrategy.MAX_INNER_PRODUCT)
    save_local(db, tmp_path)
    assert json.loads((tmp_path / "manifest.json").read_text())["metric"] == "ip"
    again = load_local(
        tmp_path,
        Numbers(),
        distance_strategy=DistanceStrategy.MAX_INNER_PRODUCT,
        relevance_score_fn=lambda score: 0.5,
    )
    assert found(again) == found(db)
    scores = again.similarity_search_with_relevance_scores("cards", k=2)
    assert [score for _, score in scores] == [0.5, 0.5]
    assert load_local(tmp_path, Numbers(), normalize_L2=True)._normalize_L2


def test_threads_may_search_together(tmp_path: Path) -> None:
    save_local(made(), tmp_path)
    db = load_local(tmp_path, Numbers())
    answers: list[Any] = []
    threads = [
        threading.Thread(target=lambda: answers.extend(found(db, k=1) for _ in range(50)))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 400
    assert all(answer == answers[0] for answer in answers)


def test_the_opened_store_survives_being_written_over(tmp_path: Path) -> None:
    save_local(made(), tmp_path)
    db = load_local(tmp_path, Numbers())
    save_local(made(["other"]), tmp_path)
    assert found(db) == found(made())


def test_pickled_as_a_whole_it_is_plain_langchain(tmp_path: Path) -> None:
    save_local(made(), tmp_path)
    db = load_local(tmp_path, Numbers())
    docstore, ids = pickle.loads(pickle.dumps((db.docstore, db.index_to_docstore_id)))
    assert type(docstore) is type(made().docstore)
    assert ids == made().index_to_docstore_id
    assert docstore.search("id-1").page_content == TEXTS[1]


def test_a_saved_store_replaces_the_pickle(tmp_path: Path) -> None:
    made().save_local(str(tmp_path))
    assert (tmp_path / "index.pkl").exists()
    save_local(made(), tmp_path)
    assert not (tmp_path / "index.pkl").exists()


def broken(folder: Path, how: str) -> None:
    if how == "index":
        with (folder / "index.faiss").open("r+b") as file:
            file.seek(60)
            file.write(b"\x01\x02")
    elif how == "documents":
        with sqlite3.connect(folder / "documents.sqlite") as connection:
            connection.execute("UPDATE documents SET text = 'x'")
    elif how == "no documents":
        (folder / "documents.sqlite").unlink()
    elif how == "schema":
        (folder / "manifest.json").write_text('{"schema": 2}')
    elif how == "manifest":
        (folder / "manifest.json").write_text("{")
    elif how == "saved by langchain":
        made(["other"]).save_local(str(folder))
    elif how == "pickle":
        (folder / "manifest.json").rename(folder / "index.pkl")
    else:
        (folder / "manifest.json").unlink()


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ("index", "index.faiss is not the file that manifest.json beside it was written for"),
        ("documents", "documents.sqlite is not the file"),
        ("no documents", r"documents.sqlite cannot be read \(No such file"),
        ("schema", "has schema 2, not 1"),
        ("manifest", "manifest.json is damaged"),
        ("saved by langchain", "has to call save_local"),
        ("pickle", "index.pkl is a pickle.*python -m vectorstore convert"),
        ("nothing", "there is no store at .*run this app's ingest script first"),
    ],
)
def test_what_is_not_the_store_that_was_written_is_refused(
    tmp_path: Path, how: str, message: str
) -> None:
    save_local(made(), tmp_path)
    broken(tmp_path, how)
    with pytest.raises(StoreError, match=message):
        load_local(tmp_path, Numbers())


@pytest.mark.parametrize("embedder", [Numbers("b" * 64), Numbers(dim=4)])
def test_another_models_store_is_refused_by_name(tmp_path: Path, embedder: Numbers) -> None:
    save_local(made(), tmp_path)
    with pytest.raises(StoreError, match=r"vectors of numbers \(dim 8.*embedder is numbers \(dim"):
        load_local(tmp_path, embedder)


def test_an_embedder_that_does_not_say_what_it_is_is_taken(tmp_path: Path) -> None:
    save_local(_FAISS.from_texts(TEXTS, Nameless()), tmp_path)
    assert json.loads((tmp_path / "manifest.json").read_text())["model"] == {
        "name": "Nameless",
        "sha256": "",
    }
    assert len(found(load_local(tmp_path, Nameless()))) == 3
    with pytest.raises(StoreError, match="vectors of Nameless"):
        load_local(tmp_path, Numbers())


class Odd:
    pass


def test_a_failed_save_leaves_the_old_store(tmp_path: Path) -> None:
    save_local(made(), tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    odd = _FAISS.from_texts(["x"], Numbers(), metadatas=[{"page": Odd()}], ids=["the-one"])
    with pytest.raises(StoreError, match="metadata of document 'the-one' cannot be stored: .*Odd"):
        save_local(odd, tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_an_id_that_comes_twice_is_named(tmp_path: Path) -> None:
    pairs = [("same", Document(page_content="a")), ("same", Document(page_content="b"))]
    with pytest.raises(ValueError, match="two documents have the id 'same'"):
        write_documents(tmp_path / "documents.sqlite", pairs)


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        ({"a": [1, 2.5, None, True, "ä"]}, {"a": [1, 2.5, None, True, "ä"]}),
        (datetime.date(2024, 5, 1), "2024-05-01"),
        (datetime.datetime(2024, 5, 1, 12), "2024-05-01 12:00:00"),
        (Path("a/b"), "a/b"),
        (np.int64(3), 3),
        (np.float32(0.5), 0.5),
        (np.array([1, 2]), [1, 2]),
        (float("nan"), None),
        ((1, (2,)), [1, [2]]),
        ({1: "x"}, {"1": "x"}),
    ],
)
def test_metadata_as_json(value: Any, plain: Any) -> None:
    assert _plain(value) == plain


@pytest.mark.skipif(sys.version_info < (3, 11), reason="vectorstore needs Python 3.11")
def test_the_store_is_the_one_that_vectorstore_opens_and_builds(tmp_path: Path) -> None:
    faiss_store = pytest.importorskip("vectorstore.faiss_store")
    writing = pytest.importorskip("vectorstore.writing")
    base = pytest.importorskip("vectorstore.base")
    save_local(made(), tmp_path / "ours")
    store = faiss_store.open_store(tmp_path / "ours", embedder=Numbers())
    vector = np.array(Numbers().embed_query("shipping"), "float32")
    hits = store.search(vector, 3)
    store.close()
    assert [hit.document.text for hit in hits] == [text for text, _, _ in found(made())]
    documents = [base.Document(f"id-{n}", text, {"n": n}) for n, text in enumerate(TEXTS)]
    vectors = np.array(Numbers().embed_documents(TEXTS), "float32")
    writing.write_store(tmp_path / "theirs", vectors, documents, model=Numbers(), metric="l2")
    db = load_local(tmp_path / "theirs", Numbers())
    assert isinstance(db, StoreFAISS)
    assert [text for text, _, _ in found(db)] == [text for text, _, _ in found(made())]
    assert db.docstore.search("id-2").metadata == {"n": 2}
