from __future__ import annotations

from pathlib import Path

import pytest

from tests.migrate.helpers import path, write
from tools.migrate.project import Project
from tools.migrate.requirements.uses import uses
from tools.migrate.result import Note

SERVED = "from fastapi import FastAPI\napp = FastAPI()\n"


def torch_uses(root: Path, source: str, *notes: Note) -> list[tuple[str, str, bool]]:
    """(place, what, served) of what needs torch in app.py."""
    project = Project.open(write(root, {"app.py": SERVED + source}))
    for note in notes:
        project.note(note)
    return [(u.place, u.what, u.served) for u in uses(project, [path("app.py")]) if u.needs_torch]


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("import json\njson.HuggingFaceEmbeddings\n", id="of another module"),
        pytest.param("import importlib\nimportlib.import_module('json')\n", id="another import"),
        pytest.param(
            "import importlib\nimportlib.import_module(name)\n", id="a name that is computed"
        ),
        pytest.param(
            "from langchain_community.embeddings import *\nOpenAIEmbeddings()\n", id="star unused"
        ),
        pytest.param(
            "from langchain_community import embeddings as e\ne.OpenAIEmbeddings()\n", id="hosted"
        ),
    ],
)
def test_nothing_needs_torch(tmp_path, source):
    assert torch_uses(tmp_path, source) == []


@pytest.mark.parametrize(
    ("source", "what"),
    [
        pytest.param(
            "import langchain_community.embeddings as emb\nemb.HuggingFaceEmbeddings()\n",
            "HuggingFaceEmbeddings",
            id="alias",
        ),
        pytest.param(
            "from langchain_community import embeddings\nembeddings.HuggingFaceEmbeddings()\n",
            "HuggingFaceEmbeddings",
            id="module",
        ),
        pytest.param(
            "import langchain_community.embeddings.huggingface\n"
            "langchain_community.embeddings.huggingface.HuggingFaceEmbeddings()\n",
            "HuggingFaceEmbeddings",
            id="dotted",
        ),
        pytest.param(
            "from langchain_community.embeddings import *\nHuggingFaceEmbeddings()\n",
            "HuggingFaceEmbeddings",
            id="star",
        ),
        pytest.param(
            "import importlib\nimportlib.import_module('sentence_transformers')\n",
            "sentence_transformers",
            id="import_module",
        ),
        pytest.param("\n__import__('torch.nn')\n", "torch.nn", id="__import__"),
    ],
)
def test_torch_reached_in_another_way(tmp_path, source, what):
    assert torch_uses(tmp_path, source) == [("app.py:4", what, True)]


@pytest.mark.parametrize(
    ("rule", "kind", "counts"),
    [
        ("embeddings", "skipped", True),
        ("embeddings", "refused", True),
        ("embeddings", "changed", False),
        ("memory", "skipped", False),
    ],
)
def test_what_the_embeddings_rule_left(tmp_path, rule, kind, counts):
    found = torch_uses(tmp_path, "make()\n", Note(rule, kind, "app.py", 3, "left as it is"))
    what = "an embedding model that was left as it is"
    assert found == ([("app.py:3", what, True)] if counts else [])
