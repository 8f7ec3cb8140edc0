"""What is told of torch in the end agrees with what the requirements do."""

from __future__ import annotations

import json

import pytest

from tests.migrate.helpers import write
from tools.migrate import runner
from tools.migrate.project import Project
from tools.migrate.settings import Settings

APP = "from fastapi import FastAPI\napp = FastAPI()\n"
CHROMA = "from chromadb.utils import embedding_functions as e\n"
NOTEBOOK = json.dumps({"cells": [{"cell_type": "code", "source": ["import torch\n"]}]})


def told(root, files):
    project = Project.open(write(root, {"app.py": APP, **files}))
    runner.convert(project, Settings(only=frozenset({"quiet"})))
    return [f"{n.kind} {n.path}:{n.line}: {n.message}" for n in project.notes if n.rule == "torch"]


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("from transformers import AutoTokenizer\n", id="only tokens"),
        pytest.param("from langchain_huggingface import HuggingFaceEndpoint\n", id="a server"),
    ],
)
def test_nothing_needs_torch(tmp_path, source):
    assert told(tmp_path, {"app.py": APP + source}) == []


@pytest.mark.parametrize(
    ("files", "note"),
    [
        pytest.param(
            {"app.py": APP + "import torch\nfrom transformers import AutoModel\n"},
            "warning app.py:3: needs torch, transformers: torch stays for the served app",
            id="served",
        ),
        pytest.param(
            {"train.py": "import torch\n"},
            "kept train.py:1: needs torch: torch stays for only what is run by hand",
            id="a script",
        ),
        pytest.param(
            {"a.ipynb": NOTEBOOK},
            "kept a.ipynb:1: needs torch: torch stays for only what is run by hand",
            id="a notebook",
        ),
        pytest.param(
            {"app.py": APP + CHROMA + "ef = e.InstructorEmbeddingFunction()\n"},
            "warning app.py:4: needs InstructorEmbeddingFunction of chromadb loads"
            " instructorembedding: torch stays for the served app",
            id="through another package",
        ),
    ],
)
def test_what_needs_torch(tmp_path, files, note):
    assert told(tmp_path, files) == [note]
