from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from service.config import Settings
from tests.service.helpers import MODEL, STORE, Service, running
from vectorstore.faiss_store import open_store
from vectorstore.onnx_embeddings import OnnxEmbeddings


@pytest.fixture(scope="session", autouse=True)
def _set_up() -> None:
    for path in (MODEL / "embedding.json", STORE / "manifest.json"):
        if not path.is_file():
            pytest.fail(f"there is no {path}: `make test` makes it", pytrace=False)


@pytest.fixture(autouse=True)
def _no_settings(tmp_path, monkeypatch):
    """An empty folder and an environment without a setting, whatever the developer has in his."""
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.lower() in Settings.model_fields:
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service without key and cache, shared by the tests that only ask it."""
    with running(tmp_path_factory.mktemp("service"), CACHE_MIB="0") as service:
        yield service


@pytest.fixture(scope="session")
def embedder() -> OnnxEmbeddings:
    return OnnxEmbeddings(MODEL)


@pytest.fixture(scope="session")
def store(embedder):
    store = open_store(STORE, embedder=embedder)
    yield store
    store.close()
