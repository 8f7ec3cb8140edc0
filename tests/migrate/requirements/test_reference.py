"""The reference repository, with the real package index."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path, PurePosixPath

import pytest

from tools.migrate.project import Project
from tools.migrate.rules import embeddings, requirements
from tools.migrate.settings import Settings

MODEL = Path(__file__).parents[3] / "models" / "all-MiniLM-L6-v2"
CHECKOUT = Path(os.environ.get("CORPUS_DIR", "")) / "myshop"


@pytest.mark.slow
@pytest.mark.corpus
@pytest.mark.skipif(not (CHECKOUT / "app.py").exists(), reason="no checkout in CORPUS_DIR")
def test_the_reference_repository(tmp_path: Path) -> None:
    root = tmp_path / "myshop"
    shutil.copytree(CHECKOUT, root)
    project = Project.open(root)
    embeddings.apply(project, Settings(model_folder=MODEL))
    requirements.apply(project, Settings())
    path = PurePosixPath("requirements.txt")
    before, after = (root / path).read_bytes(), project.read(path)
    assert after.startswith(b"\xff\xfe")
    old = before.decode("utf-16").split("\r\n")
    new = after.decode("utf-16").split("\r\n")
    assert new.pop() == ""
    assert [line for line in old if line not in new] == [
        "sentence-transformers==5.0.0",
        "torch==2.7.0 # Required by sentence-transformers",
    ]
    added = [line for line in new if line not in old]
    assert [re.sub(r"==[\d.]+$", "", line) for line in added] == [
        "onnxruntime",
        "tokenizers",
        "jinja2",
    ]
    assert [line for line in new if line not in added] == [line for line in old if line in new]
    scripts = project.read(PurePosixPath("requirements-torch.txt")).decode()
    assert scripts.splitlines()[0].endswith(": img.py")
    assert "torch==2.7.0" in scripts
