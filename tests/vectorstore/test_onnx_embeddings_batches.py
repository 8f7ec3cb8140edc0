"""How texts are cut and put together for the model, and what that costs."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vectorstore.onnx_embeddings import BATCH_TOKENS, WINDOW, OnnxEmbeddings, _batches

MODEL = "models/all-MiniLM-L6-v2"
TEXTS = ["where is my parcel", "", "yes", "how can I return the item? " * 8, "Größe", "x " * 300]


@pytest.fixture(scope="module")
def model() -> OnnxEmbeddings:
    return OnnxEmbeddings(MODEL)


@given(st.lists(st.integers(1, 3 * BATCH_TOKENS)))
def test_every_text_is_in_one_batch_and_batches_are_bounded(lengths: list[int]):
    batches = list(_batches(lengths))
    assert sorted(index for batch in batches for index in batch) == list(range(len(lengths)))
    for batch in batches:
        longest = max(lengths[index] for index in batch)
        assert len(batch) == 1 or len(batch) * longest <= BATCH_TOKENS
    flat = [lengths[index] for batch in batches for index in batch]
    assert flat == sorted(flat)


def test_order_and_company_do_not_matter(model: OnnxEmbeddings):
    texts = [f"{text} {number}" for number in range(20) for text in TEXTS]
    random.Random(1).shuffle(texts)
    alone = np.array([model.encode(text) for text in texts])
    np.testing.assert_allclose(model.encode(texts), alone, rtol=0, atol=1e-5)


def test_more_texts_than_a_window(model: OnnxEmbeddings):
    texts = [f"item {number % 7}" for number in range(WINDOW + 5)]
    vectors = model.encode(texts)
    np.testing.assert_allclose(vectors[-5:], vectors[WINDOW % 7 :][:5], rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("the quick brown fox jumps " * 2000, id="words"),
        pytest.param("漢字" * 5000, id="no blanks, many tokens"),
        pytest.param("a" * 9000, id="one word"),
        pytest.param(" " * 9000 + "a few words", id="blanks first"),
        pytest.param(("word" + " " * 40) * 900, id="few tokens among blanks"),
        pytest.param("internationalization " * 3000, id="long words"),
        pytest.param("e\u0301" * 20_000, id="combining marks"),
    ],
)
def test_a_long_text_is_cut_as_the_tokenizer_cuts_it(text: str, model: OnnxEmbeddings):
    assert model._tokens(text) == model._model.tokenizer.encode(text).ids


PROGRAM = """
import re, sys
from vectorstore.onnx_embeddings import OnnxEmbeddings
texts = open(sys.argv[1], encoding="utf-8").read().splitlines()
model = OnnxEmbeddings(sys.argv[2])
for text in texts[:40]:
    model.embed_query(text[:60])
def mib(key):
    return int(re.search(key + r":\\s+(\\d+)", open("/proc/self/status").read())[1]) / 1024
open("/proc/self/clear_refs", "w").write("5")  # the peak starts again from here
rest = mib("VmRSS")
model.embed_documents(texts)
print(mib("VmHWM") - rest)
"""


@pytest.mark.skipif(not os.access("/proc/self/clear_refs", os.W_OK), reason="no resettable peak")
@pytest.mark.parametrize("count", [50, pytest.param(500, marks=pytest.mark.slow)])
def test_texts_of_3_to_250_tokens_stay_within_40_mib(count: int, tmp_path: Path):
    chosen = random.Random(3)
    words = ["parcel", "order", "item", "return", "where", "when", "refund", "paid"]
    texts = [" ".join(chosen.choices(words, k=chosen.randint(1, 248))) for _ in range(count)]
    (tmp_path / "texts.txt").write_text("\n".join(texts), "utf-8")
    command = [sys.executable, "-c", PROGRAM, str(tmp_path / "texts.txt"), MODEL]
    added_mib = float(subprocess.check_output(command, text=True))
    assert added_mib <= 40
