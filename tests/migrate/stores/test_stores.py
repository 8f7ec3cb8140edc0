from __future__ import annotations

import os
import pickle
import subprocess
import warnings
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from tools.migrate.project import Project
from tools.migrate.settings import Settings
from tools.migrate.stores import convert_committed, finish_stores
from vectorstore.faiss_store import open_store
from vectorstore.onnx_embeddings import OnnxEmbeddings

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # community's announcement that it is no longer maintained
    from langchain_community.vectorstores import FAISS

MODEL = Path(__file__).parents[3] / "models" / "all-MiniLM-L6-v2"
TEXTS = ["Returns take 30 days.", "Shipping is free above 50 euros.", "We take cards.", "Call us."]
SETTINGS = Settings(model_folder=MODEL)
STORE = PurePosixPath("db/faq")


@pytest.fixture(scope="module")
def embedder() -> OnnxEmbeddings:
    return OnnxEmbeddings(MODEL)


class Backwards:
    """Another model of the same dim."""

    def __init__(self, embedder: OnnxEmbeddings) -> None:
        self._embedder = embedder

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [vector[::-1] for vector in self._embedder.embed_documents(texts)]


def save(folder: Path, embedder: Any, name: str = "index", texts: list[str] = TEXTS) -> None:
    vectors = embedder.embed_documents(texts)
    pairs = list(zip(texts, vectors, strict=True))
    metadatas = [{"source": "faq.txt"} for _ in texts]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        FAISS.from_embeddings(pairs, embedder, metadatas).save_local(str(folder), name)


def notes(project: Project) -> list[tuple[str, str, str]]:
    return [(note.kind, note.path, note.message) for note in project.notes]


def write_out(project: Project, out: Path) -> Path:
    """The project in its staged state."""
    for path in project.paths():
        (out / path).parent.mkdir(parents=True, exist_ok=True)
        (out / path).write_bytes(project.read(path))
    return out


def test_no_store(tmp_path: Path) -> None:
    (tmp_path / "app.py").touch()
    project = Project.open(tmp_path)
    assert not convert_committed(project, STORE, SETTINGS)
    finish_stores(project)
    assert (project.staged(), project.notes) == ({}, [])


def test_a_store_is_converted_in_place(tmp_path: Path, embedder: OnnxEmbeddings) -> None:
    save(tmp_path / STORE, embedder)
    project = Project.open(tmp_path)
    assert convert_committed(project, STORE, SETTINGS)
    assert {path.name: data is None for path, data in project.staged().items()} == {
        "documents.sqlite": False,
        "manifest.json": False,
        "index.pkl": True,
    }
    assert notes(project) == [
        (
            "changed",
            "db/faq/index.faiss",
            "4 documents: texts in SQLite, no pickle; the vectors, unchanged, are those of"
            " all-MiniLM-L6-v2",
        )
    ]
    out = write_out(project, tmp_path / "out")
    assert (out / STORE / "index.faiss").read_bytes() == (
        tmp_path / STORE / "index.faiss"
    ).read_bytes()
    store = open_store(out / STORE, embedder=embedder)
    assert store.search(embedder.encode("Is delivery free?"), 1)[0].document.text == TEXTS[1]
    store.close()
    assert convert_committed(Project.open(out), STORE, SETTINGS)


def test_a_store_of_another_name_becomes_a_folder(tmp_path: Path, embedder: OnnxEmbeddings) -> None:
    save(tmp_path / "db", embedder, "faq")
    save(tmp_path / "db", embedder, "index", TEXTS[:2])
    project = Project.open(tmp_path)
    assert convert_committed(project, PurePosixPath("db"), SETTINGS)
    out = write_out(project, tmp_path / "out")
    assert sorted(path.relative_to(out).as_posix() for path in out.rglob("*.*")) == [
        "db/documents.sqlite",
        "db/faq/documents.sqlite",
        "db/faq/index.faiss",
        "db/faq/manifest.json",
        "db/index.faiss",
        "db/manifest.json",
    ]
    for folder, count in (("db/faq", 4), ("db", 2)):
        store = open_store(out / folder, embedder=embedder)
        assert store.info.count == count
        store.close()


def test_the_model_in_the_repository_will_do(tmp_path: Path, embedder: OnnxEmbeddings) -> None:
    save(tmp_path / STORE, embedder)
    project = Project.open(tmp_path)
    assert not convert_committed(project, STORE, Settings())
    assert notes(project) == [
        ("refused", "db/faq/index.faiss", "no exported model to compare it with")
    ]
    project.add_folder(PurePosixPath("models/all-MiniLM-L6-v2"), MODEL)
    assert convert_committed(project, STORE, Settings())


class Shell:
    def __reduce__(self) -> Any:
        return os.system, ("touch broken-into",)


def damage(folder: Path, how: str) -> None:
    index, documents = folder / "index.faiss", folder / "index.pkl"
    if how == "cut short":
        index.write_bytes(index.read_bytes()[:-100])
    elif how == "calls something":
        documents.write_bytes(pickle.dumps((Shell(), {})))
    elif how == "annoy":
        index.write_bytes(b"\x00" * 400)
    else:
        documents.write_bytes(b"")


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ("cut short", "index.faiss"),
        ("calls something", "system"),
        ("annoy", "index.faiss"),
        ("empty pickle", "index.pkl"),
    ],
)
def test_what_cannot_be_read_is_named_and_not_touched(
    tmp_path: Path, embedder: OnnxEmbeddings, how: str, message: str
) -> None:
    save(tmp_path / STORE, embedder)
    damage(tmp_path / STORE, how)
    project = Project.open(tmp_path)
    assert not convert_committed(project, STORE, SETTINGS)
    assert project.staged() == {}
    [(kind, path, text)] = notes(project)
    assert (kind, path) == ("refused", "db/faq/index.faiss")
    assert message in text
    assert str(tmp_path) not in text
    assert not Path("broken-into").exists()


def test_the_vectors_of_another_model(tmp_path: Path, embedder: OnnxEmbeddings) -> None:
    save(tmp_path / STORE, Backwards(embedder))
    project = Project.open(tmp_path)
    assert not convert_committed(project, STORE, SETTINGS)
    assert project.staged() == {}
    [(kind, _, text)] = notes(project)
    assert kind == "refused"
    assert "are not those of all-MiniLM-L6-v2" in text


def test_all_or_nothing_in_one_folder(tmp_path: Path, embedder: OnnxEmbeddings) -> None:
    save(tmp_path / STORE, embedder, "a")
    save(tmp_path / STORE, Backwards(embedder), "b")
    project = Project.open(tmp_path)
    assert not convert_committed(project, STORE, SETTINGS)
    assert project.staged() == {}
    assert [(kind, path) for kind, path, _ in notes(project)] == [("refused", "db/faq/b.faiss")]


@pytest.mark.parametrize(
    ("code", "kept"),
    [
        pytest.param("load_local('db/faq', e)", False, id="ours"),
        pytest.param("FAISS.load_local('db/faq', e)", True, id="langchain's"),
        pytest.param("F = 'db/faq/'\nFAISS.load_local(F, e)", True, id="by a name"),
        pytest.param("FAISS.load_local(r'..\\db\\faq', e)", True, id="Windows' separators"),
        pytest.param("FAISS.load_local(folder(), e)", True, id="who knows"),
        pytest.param("FAISS.load_local('other', e)", False, id="another store"),
        pytest.param("os.path.exists('db/faq/index.pkl')", True, id="the file itself"),
        pytest.param("open('other.pkl')", False, id="another file"),
    ],
)
def test_a_pickle_that_may_still_be_read_stays(
    tmp_path: Path, embedder: OnnxEmbeddings, code: str, kept: bool
) -> None:
    save(tmp_path / STORE, embedder)
    (tmp_path / "app.py").write_text(code)
    project = Project.open(tmp_path)
    assert convert_committed(project, STORE, SETTINGS)
    finish_stores(project)
    assert project.exists(STORE / "index.pkl") is kept
    line = code.count("\n") + 1
    said = [(note.path, note.line) for note in project.notes if note.kind == "kept"]
    assert said == ([("app.py", line)] if kept else [])


def test_a_store_that_nothing_opens_is_named(tmp_path: Path, embedder: OnnxEmbeddings) -> None:
    save(tmp_path / STORE, embedder)
    project = Project.open(tmp_path)
    finish_stores(project)
    assert notes(project) == [
        ("kept", "db/faq/index.faiss", "no code that was converted opens this store")
    ]


def test_a_store_that_git_ignores_is_warned_about(tmp_path: Path, embedder: OnnxEmbeddings) -> None:
    save(tmp_path / STORE, embedder)
    (tmp_path / ".gitignore").write_text("*.sqlite\n")
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    project = Project.open(tmp_path)
    assert convert_committed(project, STORE, SETTINGS)
    assert (
        "warning",
        "db/faq/documents.sqlite",
        "a .gitignore leaves this file out, and the store needs it: `git add -f"
        " db/faq/documents.sqlite`",
    ) in notes(project)
