from __future__ import annotations

import json
from pathlib import Path

import pytest

from tools.migrate.export.labelled import DEFAULT, Labelled, read_labelled
from vectorstore.commandline import CommandError
from vectorstore.sources import read_documents

FAQ = Path(__file__).resolve().parents[3] / "examples/shop_faq.jsonl"
EXPECTED = ("pay by card", "send it back", "two days"), ("how to pay", "returns?", "when?")


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


JSONL = """\
{"id": "p", "passage": "pay by card"}
{"Question": "how to pay", "ID": "p"}

{"question": "returns?", "passage": "send it back"}
{"id": 3, "passage": "two days"}
{"question": "when?", "id": "3"}
{"question": "when?", "id": "p", "note": null}
"""
CSV = """\ufeffquestion,id,passage
how to pay,p,pay by card
returns?,,send it back
,3,two days
when?,3,
when?,p,
"""


@pytest.mark.parametrize(
    ("name", "text"),
    [
        pytest.param("a.jsonl", JSONL, id="json lines"),
        pytest.param("a.csv", CSV, id="csv"),
        pytest.param("a.tsv", CSV.replace(",", "\t"), id="tsv"),
    ],
)
def test_passages_and_questions_are_read(name, text, tmp_path):
    right = (frozenset({0}), frozenset({1}), frozenset({0, 2}))
    expected = Labelled(name, *EXPECTED, right)
    assert read_labelled(written(tmp_path, name, text), 2) == expected


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        pytest.param("a.jsonl", JSONL.replace('"3"}', '"4"}'), "line 6: no passage has the id '4'"),
        pytest.param("a.jsonl", "{]", "line 1: Expecting property name"),
        pytest.param("a.jsonl", "[1]", "line 1: expected an object with question, id and passage"),
        pytest.param("a.jsonl", '{"question": ["a"]}', "line 1: question is a list, not text"),
        pytest.param("a.jsonl", '{"question": "a"}', "line 1: a question needs the id"),
        pytest.param("a.jsonl", '{"text": "a"}', "line 1: it has none of question, id, passage"),
        pytest.param(
            "a.jsonl",
            JSONL.replace('"id": 3', '"id": "p"'),
            "line 5: another passage has the id 'p'",
        ),
        pytest.param("a.csv", 'question,id\n"a', "after line 0: unexpected end of data"),
        pytest.param("a.csv", "question,id\n", "holds 0 questions and 0 passages"),
        pytest.param("none.csv", None, "cannot read .*: No such file or directory"),
    ],
)
def test_what_cannot_be_used_is_said_with_its_line(name, text, message, tmp_path):
    path = written(tmp_path, name, text) if text is not None else tmp_path / name
    with pytest.raises(CommandError, match=message):
        read_labelled(path, 2)


def test_more_passages_than_are_looked_at_are_needed(tmp_path):
    path = written(tmp_path, "a.jsonl", JSONL)
    with pytest.raises(CommandError, match="more than 3 passages"):
        read_labelled(path, 3)


def test_the_default_asks_for_every_document_of_the_sample_shop():
    found = read_labelled(DEFAULT, 4)
    assert found.passages == tuple(item.text for item in read_documents([FAQ]))
    assert frozenset().union(*found.right) == set(range(len(found.passages)))
    known = {json.loads(line)["question"] for line in FAQ.read_text("utf-8").splitlines()}
    assert len(found.questions) == 99
    assert known.isdisjoint(found.questions)
