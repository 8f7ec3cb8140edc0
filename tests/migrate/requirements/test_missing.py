from __future__ import annotations

from pathlib import Path

import pytest

from tests.migrate.helpers import check_noop, said, write
from tools.migrate.project import Project
from tools.migrate.requirements.missing import HEAD
from tools.migrate.rules import requirements
from tools.migrate.settings import Settings

OURS = "from fit512_runtime.onnx_embeddings import OnnxEmbeddings\n"
FLASK = "from flask import Flask\napp = Flask(__name__)\n" + OURS
RUNTIME = ["numpy", "onnxruntime>=1.22", "tokenizers>=0.13.2"]


def written(tmp_path: Path, source: str, **others: str) -> tuple[list[str], list[str]]:
    """(lines of the new file, notes but the first, which says that there is one)"""
    files = {"app.py": source, **{f"{name}.py": text for name, text in others.items()}}
    project = Project.open(write(tmp_path, files))
    requirements.apply(project, Settings())
    [(path, data)] = project.staged().items()
    assert str(path) == "requirements.txt"
    head, *lines = (data or b"").decode().splitlines()
    assert head == HEAD
    return lines, [f"{note.kind} {note}" for note in project.notes[1:]]


@pytest.mark.parametrize(
    "files",
    [
        pytest.param({"app.py": "from flask import Flask\napp = Flask(__name__)\n"}, id="no model"),
        pytest.param(
            {"api/app.py": FLASK, "requirements.txt": "\n".join(["flask", *RUNTIME, ""])},
            id="a file above",
        ),
        pytest.param(
            {"app.py": FLASK, "deploy/requirements.txt": "\n".join(["flask", *RUNTIME, ""])},
            id="a file below",
        ),
    ],
)
def test_no_file_is_missing(index: None, files: dict[str, str]) -> None:
    check_noop(requirements, files)


def test_scripts_alone_are_told_what_they_need(index: None) -> None:
    check_noop(requirements, {"tool.py": OURS}, notes=[("warning", "requirements.txt", None)])


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        pytest.param(FLASK, ["flask"], id="Flask"),
        pytest.param(
            FLASK + "import os, json\nfrom dotenv import load_dotenv\nimport helper\n",
            ["flask", "python-dotenv"],
            id="another name; the standard library; a module of their own",
        ),
        pytest.param(
            "from fastapi import FastAPI\napp = FastAPI()\n" + OURS,
            ["fastapi", "uvicorn"],
            id="what serves it",
        ),
        pytest.param(
            FLASK + "from langchain.vectorstores import Chroma\n",
            ["flask", "langchain-community", "langchain<1"],
            id="LangChain as it was",
        ),
        pytest.param(
            FLASK + "from langchain.agents import create_agent\n",
            ["flask", "langchain"],
            id="LangChain as it is",
        ),
        pytest.param(
            FLASK + "try:\n    import pysqlite3\nexcept ImportError:\n    pass\n",
            ["flask"],
            id="an import that may fail",
        ),
        pytest.param(
            FLASK + "from transformers import pipeline\n",
            ["flask", "transformers"],
            id="torch is needed",
        ),
    ],
)
def test_a_file_from_the_imports(
    tmp_path: Path, index: None, source: str, lines: list[str]
) -> None:
    found, _ = written(tmp_path, source, helper="")
    assert found == sorted([*lines, *RUNTIME])


def test_a_package_that_is_not_known_is_no_guess(tmp_path: Path, index: None) -> None:
    lines, notes = written(tmp_path, FLASK + "import acme.sdk\n")
    assert lines == ["flask", *RUNTIME, "# not known: the package of `import acme.sdk`"]
    assert notes == [
        "skipped app.py:4: which package brings acme.sdk is not known: add its line to"
        " requirements.txt [requirements]"
    ]


def test_a_file_that_does_not_resolve_is_told(tmp_path: Path, index: None) -> None:
    lines, notes = written(tmp_path, FLASK + "import pandas\n")
    assert lines == ["flask", "numpy", "onnxruntime>=1.22", "pandas", "tokenizers>=0.13.2"]
    [note] = notes
    assert note.startswith("warning requirements.txt: does not resolve for Python 3.11; ")


def test_a_second_app_gets_a_file_in_its_folder(tmp_path: Path, index: None) -> None:
    files = {
        "bot one/app.py": FLASK,
        "bot one/requirements.txt": "\n".join(["flask", *RUNTIME, ""]),
        "bot two/app.py": FLASK + "import helper\n",
        "bot two/helper.py": "import jinja2\n",
    }
    root = "bot two/requirements.txt"
    text = "\n".join([HEAD, "flask", "jinja2", *RUNTIME, ""])
    write(tmp_path, files)
    project = Project.open(tmp_path)
    requirements.apply(project, Settings())
    assert {str(path): data for path, data in project.staged().items()} == {root: text.encode()}
    assert said(project) == [("changed", root, None)]
    write(tmp_path, {root: text})
    again = Project.open(tmp_path)
    requirements.apply(again, Settings())
    assert (again.staged(), again.notes) == ({}, [])
