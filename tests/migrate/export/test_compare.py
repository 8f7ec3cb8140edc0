from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.migrate.export.hub import Hub, folder_files, serve
from tests.migrate.export.tiny import WORDS
from tools.migrate.export import measure
from tools.migrate.export.cli import main
from vectorstore.commandline import Exit, run

LABELLED = """\
{"question": "how do i pay ?", "passage": "pay the order"}
{"question": "where is my parcel ?", "passage": "the parcel is where a b"}
{"passage": "c d"}
"""
HEAD = (
    "model, recipe, file MiB, peak MiB, anonymous, ms, recall@2, MRR, top-4 as fp32, lowest cosine"
)


@dataclass
class Ran:
    """What a call of the command gave."""

    code: int
    out: str
    err: str

    @property
    def cells(self) -> list[list[str]]:
        """The rows of the table, without its rule."""
        lines = [line for line in self.out.splitlines() if line.startswith("| ")]
        rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines]
        return [rows[0], *rows[2:]]


@pytest.fixture
def call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Ran]:
    """Compares in an empty folder, on texts that the tiny tokenizer knows, each measured once."""
    monkeypatch.setattr(measure, "RUNS", 1)
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    lines = [f"{a} {b}" for a in WORDS[4:12] for b in WORDS[12:]]
    (tmp_path / "texts.txt").write_text("\n".join(lines), "utf-8")
    (tmp_path / "labelled.jsonl").write_text(LABELLED, "utf-8")

    def call(*arguments: object) -> Ran:
        given = ["--compare", "-k", 2, "--labelled", tmp_path / "labelled.jsonl"]
        given += ["--texts", tmp_path / "texts.txt", *arguments]
        code = run("export", main, [str(argument) for argument in given])
        return Ran(code, *capsys.readouterr())

    return call


def test_every_recipe_is_measured_and_none_written(call, tiny: Path):
    ran = call(tiny, "--min-p01", 1)
    assert (ran.code, os.listdir()) == (Exit.OK, [])
    head, *rows = ran.cells
    assert ", ".join(head) == HEAD
    assert [row[:2] for row in rows] == [[str(tiny), name] for name in ("w8", "int8", "fp32")]
    assert rows[2][-2:] == ["1.000", "1.0000"]
    assert "2 questions about 3 passages (labelled.jsonl)" in ran.out
    assert re.search(r"w8, is below the bar: .*cosine, first percentile 0\.99", ran.out)


def test_a_folder_that_is_exported_is_measured_as_it_is(call, tiny: Path, tmp_path: Path):
    out = tmp_path / "exported"
    made = [str(tiny), "--out", str(out), "--recipe", "fp32"]
    assert run("export", main, made) == Exit.OK
    _, row, again = call(out, tiny, "--recipe", "fp32").cells
    assert row[:3] == [str(out), "fp32", again[2]]
    assert row[6:] == [*again[6:8], "", ""]


def test_as_json(call, tiny: Path):
    found = json.loads(call(tiny, "--recipe", "w8", "--json").out)
    (row,) = found.pop("models")
    assert found == {
        "schema": 1,
        "runs": 1,
        "k": 2,
        "labelled": {"name": "labelled.jsonl", "questions": 2, "passages": 3},
        "not_measured": {},
    }
    assert (row["model"], row["recipe"], row["dim"], row["max_tokens"]) == (str(tiny), "w8", 32, 24)
    assert 20 < (row["anonymous_mib"] or 21) < row["peak_mib"] < 500
    assert 0 < row["file_mib"] < 1
    assert row["question_ms"] > 0
    assert 0 <= row["recall"] <= 1
    assert 0 < row["mrr"] <= 1


def test_what_cannot_be_had_is_said_beside_the_others(call, tiny: Path):
    ran = call(tiny, "all-MiniLM-L6-v1", "nobody/nothing/at/all", "--recipe", "fp32")
    assert ran.code == Exit.OK
    assert len(ran.cells) == 2
    assert (
        "all-MiniLM-L6-v1: not measured: sentence-transformers/all-MiniLM-L6-v1 could not be"
        in (ran.out)
    )
    assert "nobody/nothing/at/all: not measured: no model 'nobody/nothing/at/all'" in ran.out


@pytest.mark.parametrize(
    ("models", "code"),
    [
        pytest.param(["all-MiniLM-L6-v1", "someone/tiny"], Exit.RETRY, id="no hub"),
        pytest.param(["all-MiniLM-L6-v1", "no/such/name"], Exit.ERROR, id="one that never is"),
    ],
)
def test_where_none_is_measured_the_code_says_so(models, code, call):
    ran = call(*models, "--json")
    assert ran.code == code
    found = json.loads(ran.out)
    assert (found["models"], [*found["not_measured"]]) == ([], models)


def test_a_bare_name_is_one_of_sentence_transformers(
    call, tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("HF_HOME", str(tmp_path / "home"))
    with serve(Hub("sentence-transformers/tiny", folder_files(tiny))) as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.endpoint)
        ran = call("tiny", "--recipe", "fp32")
    assert (ran.code, ran.cells[1][:2]) == (Exit.OK, ["tiny", "fp32"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["a", "b"], "give one MODEL, or --compare"),
        (["a", "--compare", "-k", "0"], "-k 0 is not a positive number"),
        (["a", "--compare", "--labelled", "none.csv"], "cannot read none.csv"),
    ],
)
def test_wrong_arguments(arguments, message, capsys):
    assert run("export", main, arguments) == Exit.ERROR
    assert message in capsys.readouterr().err
