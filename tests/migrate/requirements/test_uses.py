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
        pytest.param(
            "from chromadb.utils import embedding_functions as ef\n"
            "ef.HuggingFaceEmbeddingFunction(api_key=key)\n",
            id="Chroma asks a server",
        ),
        pytest.param(
            "from own import SentenceTransformerEmbeddingFunction as F\nF()\n",
            id="the repository's own class",
        ),
        pytest.param(
            "config = {'embedder': {'provider': 'huggingface', 'config':"
            " {'huggingface_base_url': 'http://tei'}}}\n",
            id="mem0 asks a server",
        ),
        pytest.param(
            "from crewai import Crew\nCrew(embedder={'provider': 'huggingface'}, embed_model='local')\n",
            id="words to another package",
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


CHROMA = (
    " of chromadb loads sentence-transformers, could be replaced by chromadb's"
    " DefaultEmbeddingFunction, which is all-MiniLM-L6-v2 in ONNX; fill the collection again"
    " where it was another model"
)
LLAMA = (
    " of llama_index loads sentence-transformers, could be replaced by FastEmbedEmbedding of"
    " llama-index-embeddings-fastembed"
)
MEM0 = (
    'the embedder "huggingface" of mem0 loads sentence-transformers, could be replaced by the'
    ' provider "fastembed"'
)


@pytest.mark.parametrize(
    ("source", "what"),
    [
        pytest.param(
            "from chromadb.utils import embedding_functions\n"
            "ef = embedding_functions.SentenceTransformerEmbeddingFunction(model_name='m')\n",
            "SentenceTransformerEmbeddingFunction" + CHROMA,
            id="a class of a module",
        ),
        pytest.param(
            "from chromadb.utils.embedding_functions import SentenceTransformerEmbeddingFunction as F\n"
            "ef = F()\n",
            "SentenceTransformerEmbeddingFunction" + CHROMA,
            id="a class by another name",
        ),
        pytest.param(
            "import chromadb\nchromadb.utils.embedding_functions.InstructorEmbeddingFunction()\n",
            "InstructorEmbeddingFunction of chromadb loads instructorembedding",
            id="from the package",
        ),
        pytest.param(
            "from llama_index.embeddings.huggingface import *\nHuggingFaceEmbedding()\n",
            "HuggingFaceEmbedding" + LLAMA,
            id="a star",
        ),
        pytest.param(
            "from llama_index.core.embeddings import resolve_embed_model\n"
            "resolve_embed_model('local:BAAI/bge-small-en')\n",
            '"local:BAAI/bge-small-en"' + LLAMA,
            id="a word to a function",
        ),
        pytest.param(
            "from llama_index.core import Settings\nSettings.embed_model = 'local'\n",
            '"local"' + LLAMA,
            id="a word to a setting",
        ),
        pytest.param(
            "from mem0 import Memory\nm = Memory.from_config({'embedder': {'provider': 'huggingface'}})\n",
            MEM0,
            id="mem0",
        ),
        pytest.param(
            "from mem0 import Memory\nc = dict(embedder=dict(provider='huggingface', config={}))\n",
            MEM0,
            id="mem0, by keywords",
        ),
        pytest.param(
            "from haystack.components.rankers import SentenceTransformersSimilarityRanker\n"
            "SentenceTransformersSimilarityRanker()\n",
            "SentenceTransformersSimilarityRanker of haystack loads sentence-transformers, could be"
            " replaced by a component of fastembed-haystack",
            id="Haystack",
        ),
        pytest.param(
            "from unstructured.partition.pdf import partition_pdf\n"
            "partition_pdf(name, strategy='hi_res')\n",
            '"hi_res" of unstructured loads unstructured-inference, could be replaced by the'
            ' strategy "fast"',
            id="unstructured",
        ),
    ],
)
def test_torch_through_another_package(tmp_path, source, what):
    assert torch_uses(tmp_path, source) == [("app.py:4", what, True)]


def test_a_package_that_is_made_of_torch(tmp_path):
    assert torch_uses(tmp_path, "\nimport txtai\n") == [("app.py:4", "txtai", True)]


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
