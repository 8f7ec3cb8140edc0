from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest

from tests.migrate.stores.test_stores import MODEL, save
from tools.migrate.project import Project
from tools.migrate.rules import embeddings, stores
from tools.migrate.settings import Settings
from vectorstore.onnx_embeddings import OnnxEmbeddings

APP = """\
from langchain_community.embeddings import HuggingFaceEmbeddings
from langchain_community.vectorstores import FAISS

db = FAISS.load_local("db", HuggingFaceEmbeddings(model_name="all-MiniLM-L6-v2"))
"""
SCRIPT = """\
import pickle

with open("db/index.pkl", "rb") as file:
    docstore, ids = pickle.load(file)
"""


def test_the_only_stores_pickle_stays_for_a_script_that_was_not_converted(tmp_path: Path) -> None:
    save(tmp_path / "db", OnnxEmbeddings(MODEL))
    (tmp_path / "app.py").write_text(APP)
    (tmp_path / "helper.py").write_text(SCRIPT)
    project = Project.open(tmp_path)
    settings = Settings(model_folder=MODEL)
    embeddings.apply(project, settings)
    stores.apply(project, settings)
    assert b'load_local("db", OnnxEmbeddings(' in project.read(PurePosixPath("app.py"))
    assert project.exists(PurePosixPath("db/manifest.json"))
    assert project.exists(PurePosixPath("db/index.pkl"))
    assert ("kept", "helper.py", 3) in [(n.kind, n.path, n.line) for n in project.notes]


BY_TOPIC = """\
from langchain_community.embeddings import HuggingFaceEmbeddings
from langchain_community.vectorstores import FAISS

def open_store(topic):
    embeddings = HuggingFaceEmbeddings(model_name="all-MiniLM-L6-v2")
    return FAISS.load_local(f"stores/db_{topic}", embeddings)
"""


def converted(root: Path) -> Project:
    (root / "app.py").write_text(BY_TOPIC)
    project = Project.open(root)
    settings = Settings(model_folder=MODEL)
    embeddings.apply(project, settings)
    stores.apply(project, settings)
    return project


def test_every_store_that_a_composed_name_may_mean_is_converted(tmp_path: Path) -> None:
    for topic in ("coffee", "tea"):
        save(tmp_path / f"stores/db_{topic}", OnnxEmbeddings(MODEL))
    project = converted(tmp_path)
    assert b'load_local(f"stores/db_{topic}", embeddings)' in project.read(PurePosixPath("app.py"))
    for topic in ("coffee", "tea"):
        assert project.exists(PurePosixPath(f"stores/db_{topic}/manifest.json"))
        assert not project.exists(PurePosixPath(f"stores/db_{topic}/index.pkl"))


def test_one_of_them_that_cannot_be_converted_keeps_the_code_as_it_is(tmp_path: Path) -> None:
    save(tmp_path / "stores/db_coffee", OnnxEmbeddings(MODEL))
    save(tmp_path / "stores/db_tea", OnnxEmbeddings(MODEL))
    (tmp_path / "stores/db_tea/index.pkl").write_bytes(b"damaged")
    project = converted(tmp_path)
    assert b"FAISS.load_local(" in project.read(PurePosixPath("app.py"))
    assert project.read(PurePosixPath("stores/db_tea/index.pkl")) == b"damaged"
    assert project.exists(PurePosixPath("stores/db_coffee/index.pkl"))
    assert "it may open the store stores/db_tea, which is not converted" in str(project.notes)


@pytest.mark.parametrize(
    ("files", "says"),
    [
        pytest.param([], "the store db is not in the repository: build it anew with the converted code", id="none"),
        pytest.param(["index.pkl"], "of the store db the vectors (index.faiss) are not in the repository, so nothing can open it, the original code included: build it anew with the converted code", id="only the texts"),
    ],
)  # fmt: skip
def test_a_store_that_the_repository_does_not_hold(
    tmp_path: Path, files: list[str], says: str
) -> None:
    (tmp_path / "db").mkdir()
    for name in files:
        (tmp_path / "db" / name).write_bytes(b"")
    (tmp_path / "app.py").write_text(APP)
    project = Project.open(tmp_path)
    settings = Settings(model_folder=MODEL)
    embeddings.apply(project, settings)
    stores.apply(project, settings)
    assert [note.message for note in project.notes if note.kind == "warning"] == [says]
