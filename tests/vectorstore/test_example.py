"""The sample of an online shop: what newcomers ask first."""

from __future__ import annotations

import contextlib
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from tests.vectorstore.helpers import MODEL
from vectorstore.build import build_store
from vectorstore.faiss_store import open_store
from vectorstore.onnx_embeddings import OnnxEmbeddings
from vectorstore.sources import read_documents

FAQ = Path(__file__).parents[2] / "examples" / "shop_faq.jsonl"


@pytest.fixture(scope="module")
def model():
    return OnnxEmbeddings(MODEL)


@pytest.fixture(scope="module")
def store(model, tmp_path_factory):
    out = tmp_path_factory.mktemp("shop") / "store"
    build_store(read_documents([FAQ]), model, out)
    with contextlib.closing(open_store(out, embedder=model)) as opened:
        yield opened


def test_about_eighty_questions_on_many_topics():
    documents = list(read_documents([FAQ]))
    assert 75 <= len(documents) <= 90
    assert len({item.id for item in documents}) == len(documents)
    assert len({item.text for item in documents}) == len(documents)
    topics = Counter(item.metadata["topic"] for item in documents)
    assert len(topics) >= 12
    assert min(topics.values()) >= 2
    assert all(80 < len(item.metadata["answer"]) < 400 for item in documents)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("How long do I have to return something?", "returns-02"),
        ("what does shipping cost", "shipping-02"),
        ("forgot my password, help", "account-01"),
        ("Can I pay with PayPal?", "payment-01"),
        ("my jacket zip is broken, can you repair it?", "warranty-03"),
        ("we want 200 shirts with our logo", "business-customers-02"),
        ("is my gift card still valid", "gift-cards-02"),
        ("delete all my data and my account", "account-03"),
    ],
)
def test_questions_in_other_words_find_their_answer(store, model, question, expected):
    (hit,) = store.search(np.float32(model.embed_query(question)), 1)
    assert hit.document.id == expected
    assert hit.score > 0.4


def test_what_it_does_not_know_scores_low(store, model):
    (hit,) = store.search(np.float32(model.embed_query("Who won the world cup in 1974?")), 1)
    assert hit.score < 0.25
