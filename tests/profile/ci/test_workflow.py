from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft7Validator

from tools.profile.ci.workflow import ACTIONS, Workflow, render
from tools.profile.cli import main
from vectorstore.commandline import CommandError

SCHEMA = Path(__file__).with_name("github-workflow.schema.json")
SOURCE = json.loads(SCHEMA.with_suffix(".source.json").read_text("utf-8"))
FIT512 = f"fit512[profile] @ git+https://git.example.org/fit512@{'0' * 40}"
APP = Workflow(
    command=("uvicorn", "app:app", "--host", "0.0.0.0"),
    python="3.9",
    branch="trunk",
    install=FIT512,
)


@pytest.fixture(scope="module")
def validator():
    content = SCHEMA.read_bytes()
    assert hashlib.sha256(content).hexdigest() == SOURCE["sha256"]
    return Draft7Validator(json.loads(content))


def load(text: str):
    """As GitHub reads it: `on` is a name and no truth value."""
    return {"on" if key is True else key: value for key, value in yaml.safe_load(text).items()}


@pytest.mark.parametrize("workflow", [Workflow(), APP], ids=["make gate", "another app"])
def test_the_workflow_is_valid(validator, workflow):
    assert list(validator.iter_errors(load(render(workflow)))) == []


@pytest.mark.parametrize(
    "broken",
    [("runs-on:", "run-on:"), ("pull_request:", "pull_requests:"), ("contents: read", "contents: yes")],
)  # fmt: skip
def test_the_schema_catches_a_mistake(validator, broken):
    text = render(Workflow())
    assert broken[0] in text
    assert list(validator.iter_errors(load(text.replace(*broken))))


def test_every_action_is_pinned_by_its_commit():
    used = re.findall(r"uses: (.*)", render(APP))
    assert set(used) == set(ACTIONS.values())
    assert all(re.fullmatch(r"[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", action) for action in used)


def test_the_steps_of_another_app():
    steps = load(render(APP))["jobs"]["gate"]["steps"]
    assert steps[1]["with"] == {"python-version": "3.11", "update-environment": False}
    assert steps[2]["with"] == {"python-version": "3.9"}
    assert steps[3]["run"] == "python -m pip install -r requirements.txt"
    assert steps[4]["run"].splitlines() == [
        '"${{ steps.fit512.outputs.python-path }}" -m venv "$RUNNER_TEMP/fit512"',
        f""""$RUNNER_TEMP/fit512/bin/pip" install '{FIT512}'""",
    ]
    assert steps[5]["run"].endswith("-- uvicorn app:app --host 0.0.0.0\n")


def test_our_own_is_make_gate():
    steps = load(render(Workflow()))["jobs"]["gate"]["steps"]
    assert steps[2]["run"].endswith("make gate BUDGET=budget.toml")


@pytest.mark.parametrize("word", ["${{ secrets.KEY }}", "a\nb"])
def test_what_would_mean_something_else_is_refused(word):
    with pytest.raises(CommandError, match="are not for a workflow"):
        render(Workflow(command=("python", word)))


def test_nothing_is_installed_by_a_name_that_is_not_ours(capsys):
    assert main(["ci", "--", "uvicorn", "app:app"]) == 2
    seen = capsys.readouterr()
    assert seen.out == ""
    assert "fit512 is on no package index" in seen.err
    assert main(["ci", "--install", FIT512, "--", "uvicorn", "app:app"]) == 0
    assert f"install '{FIT512}'" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("there", "words", "missing"),
    [
        ([], ["--install", "x", "--", "app"], "budget.toml, .python-version, requirements.txt"),
        (["budget.toml"], ["--python-version", "3.11"], "Makefile"),
    ],
)
def test_a_workflow_that_could_not_run_is_not_written(
    tmp_path, monkeypatch, capsys, there, words, missing
):
    monkeypatch.chdir(tmp_path)
    for name in there:
        Path(name).touch()
    assert main(["ci", "--out", "memory.yml", *words]) == 2
    assert f"{missing}: not in {tmp_path}" in capsys.readouterr().err
    assert not Path("memory.yml").exists()


def test_words_are_quoted_for_the_shell():
    text = render(Workflow(command=("python", "-c", "print('a b'); 1")))
    assert """-- python -c 'print('"'"'a b'"'"'); 1'""" in text


def test_a_file_of_another_encoding_is_not_overwritten_by_surprise(tmp_path, capsys):
    file = tmp_path / "memory.yml"
    file.write_bytes(b"name: caf\xe9\n")
    assert main(["ci", "--out", str(file)]) == 2
    assert "is there already and differs" in capsys.readouterr().err
    assert file.read_bytes() == b"name: caf\xe9\n"


def test_it_is_printed_or_written_and_never_overwritten_by_surprise(tmp_path, capsys):
    file = tmp_path / ".github/workflows/memory.yml"
    assert main(["ci"]) == 0
    printed = capsys.readouterr().out
    assert main(["ci", "--check", "--out", str(file)]) == 1
    assert not file.exists()
    assert main(["ci", "--out", str(file)]) == 0
    assert file.read_text() == printed
    assert main(["ci", "--out", str(file)]) == 0
    assert main(["ci", "--check", "--out", str(file)]) == 0
    assert main(["ci", "--out", str(file), "--branch", "trunk"]) == 2
    assert main(["ci", "--out", str(file), "--branch", "trunk", "--force"]) == 0
    assert 'branches: ["trunk"]' in file.read_text()
