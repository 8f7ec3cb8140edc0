from __future__ import annotations

import json

import pytest

from bench import corpus
from bench.corpus_checks import digest, unexplained, unparsable
from bench.corpus_table import cells, markdown_table, outcome

NOTES = [{"path": "app.py", "line": 3, "kind": "changed"}]


def _pair(tmp_path, before: bytes, after: bytes):
    for folder, data in (("before", before), ("after", after)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "app.py").write_bytes(data)
    return tmp_path / "before", tmp_path / "after"


@pytest.mark.parametrize(
    ("before", "after", "notes", "found"),
    [
        pytest.param(b"a\r\nb\n", b"a\r\nb\n", [], [], id="unchanged"),
        pytest.param(b"a\r\nb\n", b"a\nb\n", [], ["app.py:1"], id="line ending lost"),
        pytest.param(b"a\nb\nc", b"a\nb\nc\n", [], ["app.py:3"], id="newline added at the end"),
        pytest.param(b"a\nb\nc\n", b"a\nb\nd\n", NOTES, [], id="an edit beside its note"),
        pytest.param(
            b"c\n" * 3 + b"x\n" * 40 + b"y = 1\n",
            b"c\n" * 3 + b"x\n" * 40 + b"y = 2\n",
            NOTES,
            ["app.py:44"],
            id="an edit far from any note",
        ),
        pytest.param(
            b"c\n" * 30 + b"from a import (\n  b as c,\n)\n",
            b"c\n" * 30,
            NOTES,
            [],
            id="an import that went",
        ),
        pytest.param(b"x\n" * 40, b"x\n" * 40 + b"y\n", NOTES, [], id="lines put in"),
        pytest.param(b"x\n", b"x\ny\n", [], ["app.py:2"], id="lines put in without a word"),
    ],
)
def test_edits_that_no_note_explains(tmp_path, before, after, notes, found):
    assert unexplained(*_pair(tmp_path, before, after), notes) == found


def test_what_parsed_and_does_not_any_more(tmp_path):
    assert unparsable(*_pair(tmp_path, b"x = 1\n", b"x = (\n")) == ["app.py"]


def test_what_never_parsed_is_not_blamed(tmp_path):
    assert unparsable(*_pair(tmp_path, b"x = (\n", b"x = [\n")) == []


def test_a_digest_changes_with_a_name_and_with_a_byte(tmp_path):
    (tmp_path / "a").write_bytes(b"1")
    first = digest(tmp_path)
    (tmp_path / "a").rename(tmp_path / "b")
    second = digest(tmp_path)
    (tmp_path / "b").write_bytes(b"2")
    assert len({first, second, digest(tmp_path)}) == 3


@pytest.mark.parametrize(
    ("report", "expected"),
    [
        (None, "crashed"),
        ({"notes": [], "changed": False, "verify": None}, "nothing to do"),
        ({"notes": [{"kind": "refused"}], "changed": False, "verify": None}, "refused"),
        ({"notes": [], "changed": True, "verify": None}, "converted"),
        (
            {"notes": [{"kind": "refused"}], "changed": True, "verify": {"verdict": "fail"}},
            "converted in part, fail",
        ),
    ],
)
def test_the_outcome_in_a_word(report, expected):
    assert outcome(report) == expected


def test_a_whole_run_over_two_checkouts(tmp_path, capsys):
    legacy = tmp_path / "repositories" / "someone+bot"
    legacy.mkdir(parents=True)
    (legacy / "app.py").write_text(
        "from langchain.memory import ConversationBufferMemory\n\nm = ConversationBufferMemory()\n"
    )
    other = tmp_path / "repositories" / "someone+else"
    other.mkdir()
    (other / "app.py").write_text("print('hello')\n")
    out = tmp_path / "corpus.json"
    code = corpus.main([str(legacy.parent), "--no-verify", "--out", str(out)])
    rows = json.loads(out.read_text())["rows"]
    assert [(row["repository"], row["outcome"]) for row in rows] == [
        ("someone+bot", "converted"),
        ("someone+else", "nothing to do"),
    ]
    assert (code, [set(row["checks"].values()) for row in rows]) == (0, [{True}, {True}])
    assert cells(rows[0])[0] == "someone/bot"
    assert markdown_table(rows).count("\n") == 3
    assert "someone/else" in capsys.readouterr().out


def test_a_folder_that_is_not_there_is_named(tmp_path, capsys):
    assert corpus.main([str(tmp_path / "none")]) == 2
    assert "none is not a folder" in capsys.readouterr().err
