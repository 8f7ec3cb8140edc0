from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys

import faiss
import pytest

from tests.vectorstore.helpers import (
    DOCUMENTS,
    LETTERS_MODEL,
    MODEL,
    TEXTS,
    Letters,
    save_langchain,
)
from vectorstore.base import Document, StoreError
from vectorstore.build import build_store
from vectorstore.convert import convert_langchain
from vectorstore.faiss_store import open_store
from vectorstore.langchain import as_faiss, as_langchain
from vectorstore.onnx_embeddings import OnnxEmbeddings

MANY = [
    Document(f"id-{at}", f"{TEXTS[at % 3]} {chr(97 + at % 26) * at}", {"page": at, "odd": at % 2})
    for at in range(300)
]


@pytest.fixture
def langchain(tmp_path):
    with contextlib.ExitStack() as stack:

        def make(documents=DOCUMENTS, **options):
            build_store(documents, LETTERS_MODEL, tmp_path / "s", **options)
            store = stack.enter_context(contextlib.closing(open_store(tmp_path / "s")))
            return as_langchain(store, LETTERS_MODEL)

        yield make


def test_a_retriever_in_a_chain(langchain):
    from langchain_core.runnables import RunnableLambda

    retriever = langchain().as_retriever(search_kwargs={"k": 1})
    chain = retriever | RunnableLambda(lambda found: [item.page_content for item in found])
    assert chain.invoke(TEXTS[2]) == [TEXTS[2]]
    assert asyncio.run(chain.ainvoke(TEXTS[1])) == [TEXTS[1]]
    assert chain.batch(TEXTS) == [[text] for text in TEXTS]


def test_documents_are_langchains(langchain):
    (found,) = langchain().similarity_search(TEXTS[0], k=1)
    assert (found.id, found.page_content, found.metadata) == ("id-0", TEXTS[0], {"page": 0})


@pytest.mark.parametrize("strategy", ["EUCLIDEAN_DISTANCE", "MAX_INNER_PRODUCT"])
def test_the_same_documents_and_scores_as_langchains_faiss(tmp_path, strategy):
    from langchain_community.vectorstores import FAISS

    folder = save_langchain(tmp_path / "old", MANY, distance_strategy=strategy)
    theirs = FAISS.load_local(
        str(folder), LETTERS_MODEL, allow_dangerous_deserialization=True, distance_strategy=strategy
    )
    convert_langchain(folder, tmp_path / "new", embedder=LETTERS_MODEL)
    with contextlib.closing(open_store(tmp_path / "new")) as store:
        ours = as_langchain(store, LETTERS_MODEL)
        for text in TEXTS:
            expected = theirs.similarity_search_with_score(text, k=5)
            found = ours.similarity_search_with_score(text, k=5)
            assert [item.id for item, _ in found] == [item.id for item, _ in expected]
            assert [score for _, score in found] == pytest.approx(
                [float(score) for _, score in expected], abs=1e-5
            )


@pytest.mark.parametrize("index", ["flat", "sq8"])
@pytest.mark.parametrize(
    ("wanted", "pages"),
    [
        pytest.param({"page": 299}, [299], id="the farthest too"),
        pytest.param({"page": [7, 250]}, [7, 250], id="one of several"),
        pytest.param({"page": 7, "odd": 0}, [], id="all of several"),
        pytest.param({"page": "7"}, [], id="another class"),
        pytest.param({"none": None}, [], id="no such key"),
    ],
)
def test_filters(langchain, index, wanted, pages):
    found = langchain(MANY, index=index).similarity_search(TEXTS[0], k=5, filter=wanted)
    assert sorted(item.metadata["page"] for item in found) == pages


def test_a_filter_keeps_the_order(langchain):
    store = langchain(MANY)
    everything = store.similarity_search(TEXTS[1], k=300)
    odd = [item.id for item in everything if item.metadata["odd"]]
    found = store.as_retriever(search_kwargs={"k": 300, "filter": {"odd": 1}}).invoke(TEXTS[1])
    assert [item.id for item in found] == odd


def test_other_kinds_of_search(langchain):
    store = langchain(MANY)
    scored = store.similarity_search_with_relevance_scores(TEXTS[0], k=3)
    assert 0.99 < scored[0][1] <= 1
    near = store.as_retriever(
        search_type="similarity_score_threshold", search_kwargs={"score_threshold": 0.99, "k": 9}
    )
    assert near.invoke(TEXTS[0])[0].id == "id-0"
    different = store.as_retriever(search_type="mmr", search_kwargs={"k": 3, "lambda_mult": 0.1})
    found = different.invoke(TEXTS[0])
    assert found[0].id == "id-0"
    assert len({item.id for item in found}) == 3
    assert store.max_marginal_relevance_search("x", filter={"page": -1}) == []


def test_documents_by_their_ids(langchain):
    found = langchain().get_by_ids(["id-2", "none", "id-0"])
    assert [(item.id, item.page_content) for item in found] == [
        ("id-2", TEXTS[2]),
        ("id-0", TEXTS[0]),
    ]
    assert found[0].metadata == {"page": 2}


def test_it_is_read_only(langchain):
    store = langchain()
    for change in (
        lambda: store.add_texts(["x"]),
        lambda: store.add_documents([]),
        lambda: store.delete(["id-0"]),
        lambda: type(store).from_texts(["x"], LETTERS_MODEL),
    ):
        with pytest.raises(StoreError, match="read-only. Build it again .*as_faiss"):
            change()


def test_a_function_as_filter_is_refused(langchain):
    with pytest.raises(StoreError, match="filter is a function"):
        langchain().similarity_search("x", filter=lambda metadata: True)


def test_another_model_is_refused(tmp_path):
    build_store(DOCUMENTS, LETTERS_MODEL, tmp_path / "s")
    other = Letters("other", "f" * 64)
    store = open_store(tmp_path / "s")
    with contextlib.closing(store), pytest.raises(StoreError, match="the embedder is other"):
        as_langchain(store, other)
    with pytest.raises(StoreError, match="the embedder is other"):
        as_faiss(tmp_path / "s", other)


@pytest.mark.parametrize("index", ["flat", "sq8"])
def test_to_langchain_and_back_is_equal_byte_by_byte(tmp_path, index):
    build_store(MANY, LETTERS_MODEL, tmp_path / "one", index=index)
    as_faiss(tmp_path / "one", LETTERS_MODEL).save_local(str(tmp_path / "langchain"))
    convert_langchain(tmp_path / "langchain", tmp_path / "two", embedder=LETTERS_MODEL)
    for name in ("index.faiss", "documents.sqlite"):
        assert (tmp_path / "two" / name).read_bytes() == (tmp_path / "one" / name).read_bytes()


def test_langchains_object_can_be_added_to(tmp_path):
    build_store(DOCUMENTS, LETTERS_MODEL, tmp_path / "s")
    theirs = as_faiss(tmp_path / "s", LETTERS_MODEL)
    theirs.add_texts(["Do you ship abroad?"], ids=["new"])
    theirs.save_local(str(tmp_path / "more"))
    info = convert_langchain(tmp_path / "more", tmp_path / "t", embedder=LETTERS_MODEL)
    assert (info.count, info.metric) == (4, "ip")
    assert isinstance(theirs.index, faiss.IndexFlatIP)


def test_with_the_real_model(tmp_path):
    model = OnnxEmbeddings(MODEL)
    build_store(DOCUMENTS, model, tmp_path / "s")
    with contextlib.closing(open_store(tmp_path / "s", embedder=model)) as store:
        retriever = as_langchain(store, model).as_retriever(search_kwargs={"k": 1})
        assert retriever.invoke("where did my order go?")[0].page_content == TEXTS[0]


def test_nothing_of_langchain_is_imported_before():
    code = "import sys, vectorstore.langchain; print('langchain_core' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_without_langchain_the_command_is_named(langchain, monkeypatch):
    monkeypatch.setitem(sys.modules, "vectorstore.langchain_store", None)
    with pytest.raises(StoreError, match="pip install langchain-core"):
        langchain()
