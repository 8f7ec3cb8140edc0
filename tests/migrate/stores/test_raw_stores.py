from __future__ import annotations

import struct

import pytest

from tests.migrate.helpers import write
from tools.migrate.project import Project
from tools.migrate.raw_stores import note_raw_stores

OURS = "from fit512_runtime.onnx_embeddings import OnnxEmbeddings\n"
MODEL = '{"name": "all-MiniLM-L6-v2", "dim": 384}'
LOAD = "import pickle\nwith open('s.pkl', 'rb') as f:\n    db = pickle.load(f)\n"
READ = "import faiss\nindex = faiss.read_index('data/x.index')\n"


def notes(root, files):
    project = Project.open(write(root, files))
    note_raw_stores(project, "stores")
    assert not project.changed
    return [(note.kind, note.path, note.line, note.message) for note in project.notes]


def index(dim: int) -> bytes:
    return struct.pack("<4siq", b"IxFI", dim, 1)


@pytest.mark.parametrize(
    "files",
    [
        pytest.param({"app.py": LOAD + "db.similarity_search('a')\n"}, id="no embedder of ours"),
        pytest.param({"app.py": OURS + LOAD + "print(db)\n"}, id="another pickle"),
        pytest.param({"app.py": OURS + "import json\njson.load(f).as_retriever()\n"}, id="JSON"),
        pytest.param({"app.py": OURS + "import pickle\npickle.dump(texts, f)\n"}, id="texts"),
    ],
)
def test_nothing_to_say(tmp_path, files):
    assert notes(tmp_path, files) == []


@pytest.mark.parametrize(
    ("code", "kind", "line", "says"),
    [
        pytest.param(
            LOAD + "db.similarity_search_by_vector(v, k=1)\n",
            "warning",
            4,
            "one from before the conversion needs torch",
            id="loaded",
        ),
        pytest.param(
            "from langchain_community.vectorstores import FAISS\nfrom pickle import dump\n"
            "db = FAISS.from_texts(t, e)\ndump(db, open('s.pkl', 'wb'))\n",
            "kept",
            5,
            "save_local(store, FOLDER) of fit512_runtime.langchain_store",
            id="dumped",
        ),
        pytest.param(READ, "kept", 3, "build it with the same model", id="index not committed"),
    ],
)
def test_raw_stores_are_named(tmp_path, code, kind, line, says):
    [note] = notes(tmp_path, {"app.py": OURS + code})
    assert note[:3] == (kind, "app.py", line)
    assert says in note[3]


def test_a_pickle_beside_an_index_is_named(tmp_path):
    code = OURS + READ + "import pickle\ntexts = pickle.load(open('texts.pkl', 'rb'))\n"
    index_note, pickle_note = notes(tmp_path, {"app.py": code})
    assert index_note[:3] == ("kept", "app.py", 3)
    assert pickle_note[:3] == ("warning", "app.py", 5)
    assert "a pickle is read beside a faiss index" in pickle_note[3]


@pytest.mark.parametrize(
    ("data", "kind", "says"),
    [
        pytest.param(index(384), "kept", "its 384-dimensional vectors stay", id="ours"),
        pytest.param(
            index(1024), "warning", "not those of all-MiniLM-L6-v2 (384)", id="another model's"
        ),
        pytest.param(b"", "warning", "no faiss index, or not whole", id="empty"),
    ],
)
def test_a_committed_index_is_compared_by_its_dimensions(tmp_path, data, kind, says):
    files = {"app.py": OURS + READ, "data/x.index": data, "models/m/embedding.json": MODEL}
    [note] = notes(tmp_path, files)
    assert note[0] == kind
    assert says in note[3]
