"""Files that are named by -c: they limit versions and install nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.migrate.requirements.test_change import APP, converted, repository
from tools.migrate.project import Project
from tools.migrate.requirements import resolve
from tools.migrate.requirements.files import limits, requirement_files

LEGACY = {
    "app.py": APP.replace("from fastapi.templating import Jinja2Templates\n", ""),
    "requirements.txt": "-c constraints.txt\nfastapi\nlangchain\nsentence-transformers\n",
    "constraints.txt": "langchain==0.3.26\ntokenizers==0.12.1\ntransformers==4.53\ntorch==2.7.0\n",
}


def test_the_runtime_is_added_where_it_is_installed(tmp_path: Path, index: None) -> None:
    staged, _ = converted(tmp_path, LEGACY)
    assert {name: (data or b"").decode() for name, data in staged.items()} == {
        "requirements.txt": "-c constraints.txt\nfastapi\nlangchain\n"
        "onnxruntime>=1.22\ntokenizers>=0.13.2\nnumpy\n",
        "constraints.txt": "langchain==0.3.26\ntokenizers==0.22.1\n",
    }
    for name, data in staged.items():
        (tmp_path / name).write_bytes(data or b"")
    assert converted(tmp_path, {}) == ({}, [])
    text = (tmp_path / "requirements.txt").read_text().replace("-c constraints.txt\n", "")
    limited = (tmp_path / "constraints.txt").read_text().splitlines()
    found = resolve.resolve(text.splitlines(), python="3.11", constraints=limited)
    assert {name: found.versions[name] for name in ("onnxruntime", "tokenizers", "langchain")} == {
        "onnxruntime": "1.23.0", "tokenizers": "0.22.1", "langchain": "0.3.26",
    }  # fmt: skip


def test_a_pin_that_is_new_enough_stays(tmp_path: Path, index: None) -> None:
    pinned = LEGACY["constraints.txt"].replace("0.12.1", "0.21.4") + "numpy==1.26.4\n"
    staged, _ = converted(tmp_path, {**LEGACY, "constraints.txt": pinned})
    assert staged["constraints.txt"] == b"langchain==0.3.26\ntokenizers==0.21.4\nnumpy==1.26.4\n"
    assert (staged["requirements.txt"] or b"").endswith(
        b"langchain\nonnxruntime>=1.22\ntokenizers>=0.13.2\nnumpy\n"
    )


@pytest.mark.parametrize(
    ("files", "limiting"),
    [
        pytest.param({"requirements.txt": "-c pins.txt\n"}, "pins.txt", id="another name"),
        pytest.param({"requirements.in": "-c requirements.pins.txt\n"}, "requirements.pins.txt", id="of the app's list"),
        pytest.param({"requirements/app.txt": "-c constraints.txt\n"}, "requirements/constraints.txt", id="in a folder"),
        pytest.param({"requirements-dev.txt": "-c requirements.txt\n", "requirements.txt": ""}, "", id="by tools for development"),
        pytest.param({"requirements/dev.txt": "-c base.txt\n", "requirements/base.txt": ""}, "", id="in layers"),
        pytest.param({"requirements.in": "-c requirements.txt\n", "requirements.txt": ""}, "", id="what was compiled last"),
        pytest.param({"requirements.txt": "-c pins.txt\n", "requirements-all.txt": "-r pins.txt\n"}, "", id="installed elsewhere"),
    ],
)  # fmt: skip
def test_which_files_only_limit(tmp_path: Path, files: dict[str, str], limiting: str) -> None:
    names = {"pins.txt", *filter(None, [limiting])}
    present = {**dict.fromkeys(names, "flask==3.1\n"), **files}
    found = requirement_files(Project.open(repository(tmp_path, present)))
    assert {str(path) for path in limits(found.values())} == set(filter(None, [limiting]))
