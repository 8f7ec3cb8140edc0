"""LangChain takes the embedder as one of its own where LangChain is in use; nothing imports it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.migrate.export.tiny import Tiny
from tools.migrate.export.exporter import Origin, write_model
from tools.migrate.export.folder import read_folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    at = tmp_path_factory.mktemp("tiny")
    origin = Origin("folder", "tiny", None, "a" * 64)
    write_model(read_folder(Tiny().write(at / "source")), origin, "tiny", "fp32", at / "model")
    return at / "model"


def _run(program: str, folder: Path) -> str:
    command = [sys.executable, "-c", program, str(folder)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def test_it_is_an_embeddings_where_langchain_is_loaded(folder: Path):
    program = (
        "import sys; from langchain_core.embeddings import Embeddings;"
        "from vectorstore.onnx_embeddings import OnnxEmbeddings;"
        "print(isinstance(OnnxEmbeddings(sys.argv[1]), Embeddings))"
    )
    assert _run(program, folder) == "True"


def test_it_does_not_load_langchain(folder: Path):
    program = (
        "import sys; from vectorstore.onnx_embeddings import OnnxEmbeddings;"
        "OnnxEmbeddings(sys.argv[1]).embed_query('pay');"
        "print([name for name in sys.modules if name.startswith('langchain')])"
    )
    assert _run(program, folder) == "[]"


def test_a_langchain_store_retrieves_with_it(folder: Path):
    program = (
        "import sys; from langchain_community.vectorstores import FAISS;"
        "from vectorstore.onnx_embeddings import OnnxEmbeddings;"
        "model = OnnxEmbeddings(sys.argv[1]);"
        "store = FAISS.from_texts(['how do i pay', 'where is my parcel', 'the order'], model);"
        "print(store.similarity_search('where is my parcel', k=1)[0].page_content)"
    )
    assert _run(program, folder) == "where is my parcel"
