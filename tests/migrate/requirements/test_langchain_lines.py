from __future__ import annotations

from pathlib import PurePosixPath

import pytest

from tests.migrate.helpers import write
from tools.migrate.project import Project
from tools.migrate.requirements import langchain_lines, stack
from tools.migrate.requirements.files import requirement_files
from tools.migrate.requirements.langchain_pins import Pin, allowed
from tools.migrate.requirements.other_manifests import in_lock, in_manifest
from tools.migrate.rules import requirements
from tools.migrate.settings import Settings

CHAINS = "from langchain_classic.chains import RetrievalQA\n"
STORE = "from langchain_community.vectorstores import FAISS\n"
SPLIT = "from langchain_text_splitters import CharacterTextSplitter\n"
CORE = "from langchain_core.documents import Document\n"


def needed(root, requirements, code):
    project = Project.open(write(root, {"requirements.txt": requirements, "app.py": code}))
    (case,) = stack.cases(project, requirement_files(project))
    return langchain_lines.needed_lines(project, case)


@pytest.mark.parametrize(
    ("requirements", "code", "lines"),
    [
        pytest.param("langchain\n", "import flask\n", [], id="not imported"),
        pytest.param("langchain\n", "from langchain.agents import create_agent\n", [], id="1.x"),
        pytest.param("langchain\n", CORE, [], id="core comes with langchain"),
        pytest.param("flask\n", CORE, ["langchain-core>=1.0"], id="core alone"),
        pytest.param("langchain\n", CHAINS, ["langchain-classic>=1.0"], id="classic"),
        pytest.param(
            "langchain\n",
            CHAINS + STORE + SPLIT,
            ["langchain-classic>=1.0", "langchain-community>=0.4", "langchain-text-splitters>=1.0"],
            id="three",
        ),
        pytest.param("langchain\nlangchain_community\n", CHAINS + STORE + SPLIT, [], id="community brings"),
        pytest.param("langchain==0.3.27\n", STORE + SPLIT, [], id="0.x"),
        pytest.param(
            "langchain\n", "from langchain_ollama import ChatOllama\n", ["langchain-ollama"], id="a provider"
        ),
        pytest.param(
            "langchain\nlangchain-community\n",
            "from langchain_community.agent_toolkits.load_tools import load_tools\n",
            ["mypy-extensions"],
            id="what community does not require",
        ),
        pytest.param(
            "langchain\n",
            "from fit512_runtime.window_memory import WindowMemory\n",
            ["langchain-classic>=1.0"],
            id="the runtime looks for it",
        ),
    ],
)  # fmt: skip
def test_needed_lines(tmp_path, requirements, code, lines):
    assert sorted(needed(tmp_path, requirements, code)) == lines


def test_the_reason_names_the_first_import(tmp_path):
    found = needed(tmp_path, "langchain\n", f"import os\n{CHAINS}{CHAINS}")
    assert found == {"langchain-classic>=1.0": "app.py:2 imports langchain_classic.chains"}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param('"langchain>=0.1,<0.2",', ">=0.1,<0.2", id="PEP 621"),
        pytest.param('"langchain[all] ~= 0.3.1"', "~= 0.3.1", id="extras"),
        pytest.param('langchain = "^0.1.2"', ">=0.1.2,==0.1.*", id="Poetry caret"),
        pytest.param('langchain = "^1.2"', ">=1.2,==1.*", id="Poetry caret of 1"),
        pytest.param('langchain = "~0.3"', "==0.3.*", id="Poetry tilde"),
        pytest.param('langchain = "0.3.1"', ">=0.3.1,==0.3.*", id="Poetry bare"),
        pytest.param('langchain = {extras = ["x"], version = "^0.1"}', ">=0.1,==0.1.*", id="table"),
        pytest.param('langchain = "==0.0.*"', "==0.0.*", id="Pipfile"),
        pytest.param("  - langchain=0.1.0", ">=0.1.0,==0.1.*", id="conda"),
        pytest.param("RUN pip install langchain==0.1 flask", "==0.1", id="Dockerfile"),
        pytest.param("langchain>=0.1  # not <1", ">=0.1", id="comment"),
        pytest.param('langchain = "*"', None, id="any"),
        pytest.param("# langchain==0.1", None, id="commented out"),
        pytest.param("my-langchain==0.1", None, id="another package"),
    ],
)
def test_other_manifests(text, found):
    assert dict(in_manifest(text)).get("langchain") == found


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('[[package]]\nname = "langchain"\nversion = "0.1.20"\n', id="TOML"),
        pytest.param(
            '"langchain": {"hashes": ["sha256:ab"], "index": "pypi", "version": "==0.1.20"}',
            id="Pipfile.lock",
        ),
    ],
)
def test_locks(text):
    assert list(in_lock(text)) == [("langchain", "==0.1.20")]


@pytest.mark.parametrize(
    ("package", "specifier", "expected"),
    [
        pytest.param("langchain", "", True, id="anything"),
        pytest.param("langchain", ">=0.1", True, id="lower bound"),
        pytest.param("langchain", ">=0.1,<1", False, id="below 1"),
        pytest.param("langchain", ">=0.1,<1.1", True, id="below 1.1"),
        pytest.param("langchain", ">1.2.3,<1.2.5", True, id="a gap in 1.x"),
        pytest.param("langchain", "==1.*", True, id="any 1.x"),
        pytest.param("langchain", "===0.3.1", False, id="identity"),
        pytest.param("langchain", "!=1.0.1", True, id="one left out"),
        pytest.param("langchain-community", "==0.3.31", True, id="its companion's last 0.3"),
        pytest.param("langchain-community", "==0.3.20", False, id="an older one"),
        pytest.param("pydantic", "<2", False, id="pydantic 1"),
        pytest.param("numpy", "==1.0", True, id="another package"),
        pytest.param("langchain", "=>0.1", True, id="no specifier"),
    ],
)
def test_allowed(tmp_path, package, specifier, expected):
    assert allowed(Pin(tmp_path, package, specifier)) is expected


def test_without_a_file_it_is_said(tmp_path):
    project = Project.open(write(tmp_path, {"app.py": CHAINS}))
    requirements.apply(project, Settings())
    assert [str(note) for note in project.notes] == [
        "requirements.txt: add langchain-classic>=1.0 to what is installed: app.py:1 imports"
        " langchain_classic.chains [requirements]"
    ]


def test_what_another_manifest_lists_is_there(tmp_path):
    manifest = '[tool.poetry.dependencies]\nlangchain = "*"\nlangchain_classic = ">=1.0"\n'
    files = {"app.py": CHAINS + CORE, "requirements.txt": "flask\n", "pyproject.toml": manifest}
    project = Project.open(write(tmp_path, files))
    cases = stack.cases(project, requirement_files(project))
    assert [langchain_lines.needed_lines(project, case) for case in cases] == [{}, {}]


def test_the_file_gets_the_lines(tmp_path, index):
    files = {
        "app.py": CHAINS + STORE,
        "requirements.txt": "langchain\nflask",
        "dev/requirements.txt": "x\n",
    }
    project = Project.open(write(tmp_path, files))
    requirements.apply(project, Settings())
    assert project.read(PurePosixPath("requirements.txt")) == (
        b"langchain\nflask\nlangchain-classic>=1.0\nlangchain-community>=0.4\n"
    )
    assert project.edited() == [PurePosixPath("requirements.txt")]
