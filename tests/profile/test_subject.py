from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tools.profile.subject import Subject
from vectorstore.commandline import CommandError


@pytest.fixture
def environment_folder(tmp_path):
    """An environment with a program whose first line names its Python."""
    bin_folder = tmp_path / "env" / "bin"
    bin_folder.mkdir(parents=True)
    (bin_folder / "python").symlink_to(sys.executable)
    script = bin_folder / "some-server"
    script.write_text(f"#!{bin_folder / 'python'}\n")
    script.chmod(0o755)
    return bin_folder


def test_the_python_of_a_command(tmp_path):
    subject = Subject.of([sys.executable, "-m", "app"], tmp_path)
    assert subject.python == Path(sys.executable)
    assert subject.command == (sys.executable, "-m", "app")


def test_the_python_of_a_script(environment_folder, tmp_path):
    subject = Subject.of([str(environment_folder / "some-server")], tmp_path)
    assert subject.python == environment_folder / "python"


def test_a_program_that_is_no_python(tmp_path):
    assert Subject.of(["true"], tmp_path).python is None


def test_a_shim_by_the_name_of_a_python_is_none(tmp_path):
    shim = tmp_path / "python3"
    shim.write_text('#!/bin/sh\nexec "$REAL" "$@"\n')
    shim.chmod(0o755)
    shimmed = Subject.of([str(shim), "app.py"], tmp_path)
    assert shimmed.python is None
    waits = [sys.executable, "-c", "print(flush=True); input()"]
    with subprocess.Popen(waits, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdout.readline()  # before that its command line may not be there yet
        found = shimmed.run_by([process.pid]).python
        process.stdin.close()
    assert found == Path(sys.executable)


def test_python_leads_to_the_programs_of_its_environment(environment_folder, tmp_path):
    python = environment_folder / "python"
    served = Subject.of(["some-server", "app:app"], tmp_path, python)
    assert served.given == ("some-server", "app:app")  # what a profile keeps: no folder of ours
    assert served.command == (str(environment_folder / "some-server"), "app:app")
    assert Subject.of(["python3", "app.py"], tmp_path, python).command == (str(python), "app.py")
    assert served.variables(1, None)["PATH"].split(os.pathsep)[0] == str(environment_folder)


def test_port_is_filled_in_as_a_shell_would(tmp_path):
    subject = Subject.of(["true", "--port", "$PORT", "-b", ":${PORT:-80}", "$PORTAL"], tmp_path)
    assert subject.started_at(81)[1:] == ["--port", "81", "-b", ":81", "$PORTAL"]


def test_a_model_api_on_this_machine_takes_the_place_of_the_real_keys(tmp_path, monkeypatch):
    for name in ("OPENAI_API_KEY", "GROQ_API_KEY", "HUGGINGFACEHUB_API_TOKEN", "PINECONE_API_KEY"):
        monkeypatch.setenv(name, "real")
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    variables = Subject.of(["true"], tmp_path).variables(8123, "http://127.0.0.1:9/v1")
    assert (variables["PORT"], variables["OPENAI_API_KEY"]) == ("8123", "sk-local")
    assert variables["GROQ_API_KEY"] == variables["HUGGINGFACEHUB_API_TOKEN"] == "sk-local"
    assert variables["PINECONE_API_KEY"] == "real"  # of a store, without which it may not start
    assert "ANTHROPIC_API_KEY" not in variables
    assert variables["OPENAI_BASE_URL"] == "http://127.0.0.1:9/v1"


def test_variables_of_a_setting_win(tmp_path):
    subject = Subject.of(["true"], tmp_path).with_variables({"MALLOC_ARENA_MAX": "2"})
    assert subject.with_variables({"PORT": "1"}).variables(2, None)["PORT"] == "1"
    assert subject.variables(2, None)["MALLOC_ARENA_MAX"] == "2"


def test_folders_of_models_outside_are_watched(tmp_path, monkeypatch):
    inside, outside = tmp_path / "app", tmp_path / "models"
    (inside / "models").mkdir(parents=True)
    outside.mkdir()
    for name in os.environ:  # other tests have folders in theirs
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("MODEL_DIR", str(outside))
    monkeypatch.setenv("STORE_DIR", "models")
    monkeypatch.setenv("INDEX_URL", "https://example.org")
    assert Subject.of(["true"], inside).data_folders() == [inside, outside]


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ([], None),
        (["pyproject.toml"], "pyproject.toml"),
        (["pyproject.toml", "requirements.txt"], "requirements.txt"),
    ],
)
def test_manifest(files, expected, tmp_path):
    for name in files:
        (tmp_path / name).touch()
    assert Subject.of(["true"], tmp_path).manifest() == expected


@pytest.mark.parametrize(("words", "said"), [([], "no command"), (["true"], "is no folder")])
def test_nothing_to_run_and_nowhere_are_refused(words, said, tmp_path):
    with pytest.raises(CommandError, match=said):
        Subject.of(words, tmp_path / "none")
