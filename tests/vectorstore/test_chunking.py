from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.vectorstore.helpers import MODEL
from vectorstore.chunking import CHARACTERS_PER_TOKEN, WORD, Chunker, about_tokens
from vectorstore.commandline import CommandError
from vectorstore.reach import model_chunker
from vectorstore.token_counter import TokenCounter

PROSE = "One two. Three four five.\n\nSix seven\neight nine ten. Eleven"


def cut(text, size, overlap=0, tokens=lambda word: 1):
    chunker = Chunker(size, overlap, tokens)
    return [text[start:end] for start, end in chunker.spans(text)]


@pytest.mark.parametrize(
    ("text", "size", "overlap", "chunks"),
    [
        pytest.param("", 4, 0, [], id="nothing"),
        pytest.param(" \n\t", 4, 0, [], id="space"),
        pytest.param(" one two ", 4, 0, ["one two"], id="fits"),
        pytest.param("a b c d e", 2, 0, ["a b", "c d", "e"], id="words"),
        pytest.param("a b. c d e", 4, 0, ["a b.", "c d e"], id="sentence"),
        pytest.param("a. b c d e", 4, 0, ["a. b c d", "e"], id="sentence in the first half"),
        pytest.param("a b\n\nc. d e", 4, 0, ["a b", "c. d e"], id="paragraph before sentence"),
        pytest.param("a b\nc d e", 4, 0, ["a b", "c d e"], id="line before space"),
        pytest.param("a b\n- c d. e", 3, 0, ["a b", "- c d.", "e"], id="list item"),
        pytest.param("a b. c. d e", 4, 0, ["a b. c.", "d e"], id="the last of equals"),
        pytest.param("a b. c. d e", 4, 1, ["a b. c.", "c. d e"], id="overlap of a sentence"),
        pytest.param("a b c d e", 3, 1, ["a b c", "c d e"], id="overlap of words"),
        pytest.param("a b c d. e f", 4, 2, ["a b c d.", "c d. e f"], id="overlap, no sentence"),
        pytest.param("a b.\n\nc d", 3, 1, ["a b.", "c d"], id="no overlap between paragraphs"),
        pytest.param("東京。大阪は", 3, 0, ["東京。", "大阪は"], id="no spaces"),
        pytest.param(
            'He said "no." Then left now', 4, 0, ['He said "no."', "Then left now"], id="quote"
        ),
    ],
)
def test_where_it_cuts(text, size, overlap, chunks):
    assert cut(text, size, overlap) == chunks


def test_a_run_without_spaces_is_halved_until_it_fits():
    found = cut("x" * 20, 6, tokens=len)
    assert found == ["x" * 5] * 4


def test_a_long_run_counts_even_if_the_tokenizer_knows_it_as_one_token():
    assert cut("x" * 64, 2) == ["x" * 32] * 2


@pytest.mark.parametrize(("size", "overlap"), [(0, 0), (4, 3), (4, -1)])
def test_senseless_sizes_are_refused(size, overlap):
    with pytest.raises(ValueError, match=f"a chunk of {size} tokens cannot overlap by {overlap}"):
        Chunker(size, overlap)


TEXTS = st.text(st.sampled_from("ab.!? \n\t-1東。é") | st.characters(codec="utf-8"), max_size=120)
SIZES = st.integers(1, 20).flatmap(lambda size: st.tuples(st.just(size), st.integers(0, size // 2)))


@given(TEXTS, SIZES, st.sampled_from([len, about_tokens, lambda word: 1]))
def test_nothing_is_lost_and_bounds_hold(text, sizes, tokens):
    chunker = Chunker(*sizes, tokens)
    spans = list(chunker.spans(text))
    covered = 0
    for start, end in spans:
        assert not text[covered:start].strip()  # nothing between two chunks
        assert end > covered  # each brings something new
        assert chunker.weigh(text[start:end]) <= chunker.size
        assert chunker.weigh(text[start:covered]) <= chunker.overlap
        covered = end
    assert not text[covered:].strip()
    assert spans == list(chunker.spans(text))


@given(TEXTS, SIZES)
def test_no_word_is_cut(text, sizes):
    chunker = Chunker(*sizes, lambda word: 1)
    words = {match.span() for match in WORD.finditer(text) if len(match[0]) <= 16 * sizes[0]}
    for start, end in chunker.spans(text):
        assert not any(low < at < high for low, high in words for at in (start, end))


@pytest.fixture(scope="module")
def counter():
    return TokenCounter(MODEL)


SENTENCES = st.lists(
    st.sampled_from(
        ["the", "parcel's", "TÜV-geprüft", "e-mail@shop.example", "1,299.00€", "東京", "naïve", "́x"]
    )
    | st.text(max_size=12),
    max_size=60,
).map(" ".join)


@given(SENTENCES, st.integers(4, 30))
def test_the_model_reads_each_chunk_to_its_end(counter, text, size):
    chunker = Chunker(size, size // 4, counter)
    for start, end in chunker.spans(text):
        encoded = counter._tokenizer.encode(text[start:end], add_special_tokens=False)
        assert len(encoded.ids) <= size


def test_the_defaults_come_from_the_model():
    chunker = model_chunker(MODEL, None, None)
    assert (chunker.size, chunker.overlap, chunker.reach) == (254, 31, 254)
    assert model_chunker(MODEL, 64, None).overlap == 8


@pytest.mark.parametrize(
    ("size", "overlap", "message"),
    [(255, None, "reads 254 tokens of a text"), (100, 51, "more than half of the chunk size")],
)
def test_sizes_that_lose_text_are_refused(size, overlap, message):
    with pytest.raises(CommandError, match=message):
        model_chunker(MODEL, size, overlap)


def test_the_rule_is_the_documented_one():
    assert cut(PROSE, 6, 2) == [
        "One two. Three four five.",
        "Six seven\neight nine ten. Eleven",
    ]
    assert re.sub(r"\s", "", "".join(cut(PROSE, 3))) == re.sub(r"\s", "", PROSE)


def test_a_huge_run_is_cut_before_it_is_counted():
    counted: list[int] = []

    def tokens(word: str) -> int:
        counted.append(len(word))
        return about_tokens(word)

    chunker = Chunker(size=254, overlap=0, tokens=tokens)
    text = "x" * 1_000_000
    spans = list(chunker.spans(text))
    assert "".join(text[start:end] for start, end in spans) == text
    assert max(counted) <= 254 * CHARACTERS_PER_TOKEN
    assert chunker.weigh(text) == 62_500
    assert max(counted) <= 254 * CHARACTERS_PER_TOKEN
