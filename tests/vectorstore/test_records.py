from __future__ import annotations

import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vectorstore.base import Document, StoreError
from vectorstore.records import Columns, csv_documents, json_documents

PAIR = {"question": "Q?", "answer": "A."}


def numbered(text):
    return iter(list(enumerate(io.StringIO(text, newline=""), 1)))


def read_json(text, **options):
    return list(json_documents(numbered(text), "faq.jsonl", **options))


def read_csv(text, **options):
    return list(csv_documents(numbered(text), "faq.csv", **options))


@pytest.mark.parametrize("text", ["", "\n", " \n\n\r\n"])
@pytest.mark.parametrize("read", [read_json, read_csv])
def test_nothing_gives_nothing(read, text):
    assert read(text) == []


def test_question_and_answer_make_one_text():
    assert read_json(json.dumps(PAIR)) == [
        Document("faq.jsonl:1", "Q?\nA.", {"source": "faq.jsonl", **PAIR})
    ]


@pytest.mark.parametrize(
    ("record", "name", "text", "metadata"),
    [
        pytest.param({"text": " T "}, "faq.jsonl:1", "T", {}, id="text"),
        pytest.param({"content": "T"}, "faq.jsonl:1", "T", {}, id="content"),
        pytest.param({"page_content": "T"}, "faq.jsonl:1", "T", {}, id="page_content"),
        pytest.param({"TEXT": "T"}, "faq.jsonl:1", "T", {}, id="capital letters"),
        pytest.param({"id": "x", "text": "T"}, "x", "T", {}, id="id"),
        pytest.param({"id": 7, "text": "T"}, "7", "T", {}, id="id a number"),
        pytest.param({"id": None, "text": "T"}, "faq.jsonl:1", "T", {}, id="id null"),
        pytest.param({"id": " ", "text": "T"}, "faq.jsonl:1", "T", {}, id="id of spaces"),
        pytest.param(
            {"text": "T", "answer": "A"}, "faq.jsonl:1", "T", {"answer": "A"}, id="half a pair"
        ),
        pytest.param({"text": "T", "Tags": ["a"]}, "faq.jsonl:1", "T", {"Tags": ["a"]}, id="field"),
        pytest.param(
            {"text": "T", "metadata": {"page": 2}}, "faq.jsonl:1", "T", {"page": 2}, id="metadata"
        ),
        pytest.param(
            {"text": "T", "metadata": "m"},
            "faq.jsonl:1",
            "T",
            {"metadata": "m"},
            id="text metadata",
        ),
        pytest.param(
            {"text": "T", "source": "book"}, "faq.jsonl:1", "T", {"source": "book"}, id="own source"
        ),
    ],
)
def test_json_fields(record, name, text, metadata):
    expected = Document(name, text, {"source": "faq.jsonl", **metadata})
    assert read_json(json.dumps(record)) == [expected]


def test_fields_of_other_names():
    columns = Columns(question="Frage", answer="Antwort")
    (document,) = read_json('{"frage": "Q", "ANTWORT": "A"}', columns=columns)
    assert document.text == "Q\nA"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        pytest.param("{", "not JSON .*column 2", id="not JSON"),
        pytest.param("[1]", "expected one JSON object per line, found a list", id="list"),
        pytest.param('"x"', "found a str", id="text"),
        pytest.param('{"q": 1}', "needs question and answer, or text; found q", id="other fields"),
        pytest.param("{}", "found nothing", id="empty object"),
        pytest.param('{"question": "Q"}', "answer is missing or empty", id="no answer"),
        pytest.param('{"question": "Q", "answer": " "}', "answer is missing or", id="blank answer"),
        pytest.param('{"text": 5}', "text is not text", id="number for text"),
        pytest.param('{"text": "T", "id": [1]}', "id is a list, not text", id="list for id"),
        pytest.param('{"text": "T", "id": true}', "id is a bool", id="true for id"),
        pytest.param('{"text": "T", "x": NaN}', "NaN is not JSON", id="NaN"),
        pytest.param('{"text": "T", "Text": "U"}', "but for upper and lower case", id="case"),
        pytest.param('{"text": "T", "x": ' + "9" * 5000 + "}", "faq.jsonl line 3", id="number"),
        pytest.param("[" * 100_000, "nested too deeply", id="deep"),
    ],
)
def test_json_errors_name_file_and_line(line, message):
    with pytest.raises(StoreError, match=message) as refused:
        read_json('{"text": "fine"}\n\n' + line + "\n")
    assert str(refused.value).startswith("faq.jsonl line 3: ")


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_csv_delimiters(delimiter):
    text = 'id,Question,answer,topic\r\n1,"Q, q; q|\tq?",A.,\r\n'.replace(",", delimiter)
    text = text.replace(f"Q{delimiter} q", "Q, q")
    (document,) = read_csv(text)
    assert document.id == "1"
    assert document.metadata == {
        "source": "faq.csv",
        "question": document.text[:-3],
        "answer": "A.",
    }


def test_csv_lines_are_those_of_the_file():
    text = '\n\nquestion,answer\n\n"two\nlines",A\n,\nQ,A\n'
    assert [item.id for item in read_csv(text)] == ["faq.csv:5", "faq.csv:8"]


def test_csv_shows_text_and_keeps_other_columns():
    (document,) = read_csv("text,page,empty\nT,3,\n")
    assert document == Document("faq.csv:2", "T", {"source": "faq.csv", "page": "3"})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("name;age\na;1\n", "line 1: the columns are name, age; needed", id="columns"),
        pytest.param("question,answer\nQ,A\nQ\n", "line 3: answer is missing", id="field missing"),
        pytest.param(
            "question,answer\nQ,A,B\n", "line 2: 3 fields, the header has 2", id="field more"
        ),
        pytest.param('question,answer\nQ,A\n"Q,A\n', "line 3: unexpected end", id="open quote"),
        pytest.param(
            'question,answer\n"Q"x,A\n', "line 2: ',' expected after", id="text after quote"
        ),
        pytest.param("text,Text\na,b\n", "line 1: the columns are text, text", id="column twice"),
    ],
)
def test_csv_errors_name_file_and_line(text, message):
    with pytest.raises(StoreError, match=f"^faq.csv {message}"):
        read_csv(text)


WORDS = st.text(
    st.characters(codec="utf-8", exclude_characters="\0", exclude_categories=["Cc"]), min_size=1
).filter(str.strip)


@given(st.lists(st.tuples(WORDS, WORDS), max_size=5), st.sampled_from([",", ";", "\t", "|"]))
def test_what_csv_writes_is_read(pairs, delimiter):
    file = io.StringIO(newline="")
    csv.writer(file, delimiter=delimiter).writerows([("question", "answer"), *pairs])
    read = [
        (item.metadata["question"], item.metadata["answer"]) for item in read_csv(file.getvalue())
    ]
    assert read == [(question.strip(), answer.strip()) for question, answer in pairs]


@given(st.text())
@pytest.mark.parametrize("read", [read_json, read_csv])
def test_any_text_gives_documents_or_a_store_error(read, text):
    try:
        documents = read(text)
    except StoreError:
        return
    assert all(document.text.strip() for document in documents)
