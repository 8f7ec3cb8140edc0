"""What pip is given where something else says what to install."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest

from tests.migrate.helpers import write
from tools.migrate.project import Project
from tools.migrate.verify.for_pip import for_pip

PIPFILE = """\
[[source]]
url = "https://pypi.org/simple"
name = "pypi"
[packages]
flask = "*"
langchain = "~=0.3"
uvicorn = {extras = ["standard"], version = ">=0.30"}
[dev-packages]
pytest = "*"
[requires]
python_version = "3.11"
"""
CONDA = """\
channels:
  - pytorch
dependencies:
  - python=3.11
  - numpy=1.26
  - pytorch-cuda=12.1
  - pip
  - pip:
    - langchain==0.3.1
    - -r more.txt
"""


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        pytest.param(
            "Pipfile", PIPFILE, "flask\nlangchain~=0.3\nuvicorn[standard]>=0.30\n", id="Pipfile"
        ),
        pytest.param(
            "environment.yml",
            CONDA,
            "langchain==0.3.1\n-r more.txt\nnumpy==1.26.*\n",
            id="conda and its pip list",
        ),
    ],
)
def test_what_is_listed_is_written_beside_it(tmp_path, name, text, expected):
    write(tmp_path, {name: text, "app.py": "import langchain\n"})
    found = for_pip(Project.open(tmp_path), PurePosixPath(name))
    assert found == tmp_path / f".{name}.requirements.txt"
    assert found.read_text() == expected


@pytest.mark.parametrize("name", ["requirements.txt", "pyproject.toml"])
def test_what_pip_reads_stays(tmp_path, name):
    text = '[project]\nname = "a"\ndependencies = ["langchain"]\n' if "toml" in name else "flask\n"
    write(tmp_path, {name: text, "app.py": ""})
    assert for_pip(Project.open(tmp_path), PurePosixPath(name)) == tmp_path / name
