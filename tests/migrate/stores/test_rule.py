from __future__ import annotations

from pathlib import Path, PurePosixPath

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
