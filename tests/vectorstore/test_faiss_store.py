from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import sys
import threading

import numpy as np
import pytest

from tests.vectorstore.helpers import (
    DOCUMENTS,
    LETTERS_MODEL,
    TEXTS,
    Letters,
    save_langchain,
    vectors,
)
from vectorstore.base import Document, Hit, StoreError
from vectorstore.faiss_store import open_store
from vectorstore.writing import write_store


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made") / "store"
    write_store(folder, vectors(TEXTS), DOCUMENTS, model=LETTERS_MODEL)
    return folder


@pytest.fixture
def copy(made, tmp_path):
    return shutil.copytree(made, tmp_path / "store")


@pytest.fixture
def opened():
    """Opens stores and closes them after the test."""
    with contextlib.ExitStack() as stack:
        yield lambda *args, **options: stack.enter_context(
            contextlib.closing(open_store(*args, **options))
        )


def question(text=TEXTS[1]):
    return np.asarray(LETTERS_MODEL.embed_query(text), np.float32)


def test_finds_nearest_first(opened, made):
    store = opened(made, embedder=LETTERS_MODEL)
    hits = store.search(question(), 2)
    assert hits[0] == Hit(DOCUMENTS[1], pytest.approx(1, abs=1e-6))
    assert hits[1].score < 0.99
    assert len(store.search(question(), 99)) == 3


def test_takes_a_list_of_numbers_too(opened, made):
    assert opened(made).search(LETTERS_MODEL.embed_query(TEXTS[2]), 1)[0].document == DOCUMENTS[2]


def test_the_same_weights_under_another_name_are_the_same_model(opened, made):
    assert opened(made, embedder=Letters(name="letters-w8")).info.model_name == "letters"


@pytest.mark.parametrize(
    ("model", "message"),
    [
        pytest.param(
            Letters("other", "f" * 64),
            r"of letters \(dim 27, sha256 1e77e51e77e5…\), the embedder is other \(dim 27, sha256 ffff",
            id="model",
        ),
        pytest.param(Letters(dim=5), r"letters \(dim 27, .* letters \(dim 5,", id="dim"),
    ],
)
def test_another_model_is_refused_with_both_named(made, model, message):
    with pytest.raises(StoreError, match=message) as refused:
        open_store(made, embedder=model)
    assert refused.value.exit_code == 1


def test_no_store_says_what_to_run(tmp_path):
    with pytest.raises(StoreError, match="no store at .*python -m vectorstore build") as refused:
        open_store(tmp_path / "missing")
    assert refused.value.exit_code == 2


def test_a_langchain_folder_says_what_to_run(tmp_path):
    folder = save_langchain(tmp_path)
    with pytest.raises(StoreError, match=f"LangChain FAISS folder.*vectorstore convert {folder}"):
        open_store(folder)


def flip(path):
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize("name", ["index.faiss", "documents.sqlite"])
def test_a_changed_file_is_named(copy, name):
    flip(copy / name)
    with pytest.raises(StoreError, match=rf"{copy} is damaged: {name} has sha256") as refused:
        open_store(copy)
    assert "Build it again" in str(refused.value)
    assert refused.value.exit_code == 1


@pytest.mark.parametrize("name", ["index.faiss", "documents.sqlite"])
def test_a_missing_file_is_named(copy, name):
    (copy / name).unlink()
    with pytest.raises(StoreError, match=rf"is incomplete: {name} cannot be read .*No such file"):
        open_store(copy)


def change(folder, **changes):
    path = folder / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param({"schema": 2}, "has schema 2; this version reads schema 1", id="schema"),
        pytest.param({"schema": None}, "has schema None", id="no schema"),
        pytest.param({"dim": "27"}, "dim is '27', not a number", id="dim is text"),
        pytest.param({"count": True}, "count is True, not a number", id="count is true"),
        pytest.param({"metric": "cosine"}, "metric is 'cosine', not ip or l2", id="metric"),
        pytest.param({"model": None}, "damaged", id="no model"),
        pytest.param({"model": {"name": "x"}}, "'sha256' is missing", id="no sha256"),
        pytest.param(
            {"index": {"kind": "flat", "file": "../x", "sha256": ""}}, "another file", id="file"
        ),
        pytest.param({"count": 4}, "do not belong together: the index holds 3", id="count"),
        pytest.param({"dim": 26}, "do not belong together", id="dim"),
        pytest.param({"metric": "l2"}, "do not belong together", id="other metric"),
    ],
)
def test_a_damaged_manifest_is_refused(copy, changes, message):
    change(copy, **changes)
    with pytest.raises(StoreError, match=message) as refused:
        open_store(copy)
    assert str(copy) in str(refused.value)
    assert refused.value.exit_code == 1


def test_an_index_kind_of_the_future_is_named(copy):
    index = json.loads((copy / "manifest.json").read_text())["index"]
    change(copy, index=index | {"kind": "ivf"})
    with pytest.raises(StoreError, match="is of kind 'flat', its manifest says 'ivf'"):
        open_store(copy)


@pytest.mark.parametrize("text", ["", "{", "[1]", "null", "[" * 100_000, "\udcff"])
def test_garbage_for_a_manifest(copy, text):
    (copy / "manifest.json").write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(StoreError, match="manifest.json (is damaged|has schema None)"):
        open_store(copy)


def test_files_of_two_stores_are_told_apart(copy, tmp_path):
    write_store(tmp_path / "other", vectors(TEXTS[:2]), DOCUMENTS[:2], model=LETTERS_MODEL)
    shutil.copy(tmp_path / "other" / "documents.sqlite", copy)
    with pytest.raises(StoreError, match="documents are 2, the manifest says 3"):
        open_store(copy, check_files=False)


@pytest.mark.parametrize(
    "vector",
    [np.ones(26, np.float32), np.ones((1, 27), np.float32), np.float32(1)],
    ids=["short", "two-dimensional", "number"],
)
def test_a_vector_of_another_shape_is_refused(opened, made, vector):
    with pytest.raises(StoreError, match=r"of shape .* of dim 27"):
        opened(made).search(vector, 1)


@pytest.mark.parametrize(("fill", "k"), [(float("nan"), 1), (float("inf"), 1), (1.0, 0), (1.0, -1)])
def test_senseless_questions_raise(opened, made, fill, k):
    with pytest.raises(ValueError, match="finite numbers"):
        opened(made).search(np.full(27, fill, np.float32), k)


def test_searching_after_close_is_refused(made):
    store = open_store(made)
    store.close()
    store.close()
    with pytest.raises(StoreError, match="is closed"):
        store.search(question(), 1)


def test_many_threads_search_at_once(opened, made):
    store = opened(made)
    wrong: list[object] = []

    def search(at):
        for _ in range(200):
            if store.search(question(TEXTS[at]), 1)[0].document != DOCUMENTS[at]:
                wrong.append(at)

    threads = [threading.Thread(target=search, args=(at % 3,)) for at in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


PROGRAM = """
import sys
from pathlib import Path
import numpy as np
from vectorstore.faiss_store import open_store
def rss_mib():
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 2**20
before = rss_mib()
store = open_store(Path(sys.argv[1]))
vector = np.linspace(0.1, 1, store.info.dim, dtype=np.float32)
for _ in range(1000):
    store.search(vector, 4)
heavy = {"faiss", "rich", "onnxruntime", "tokenizers", "langchain_core"} & set(sys.modules)
print(rss_mib() - before, sorted(heavy))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_opening_and_searching_is_lean(tmp_path):
    rows = np.random.default_rng(0).standard_normal((100, 384)).astype(np.float32)
    documents = [Document(str(at), "word " * 60, {}) for at in range(100)]
    write_store(tmp_path / "s", rows, documents, model=LETTERS_MODEL)
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path / "s")],
        capture_output=True,
        text=True,
        check=True,
    )
    added_mib, heavy = done.stdout.split(" ", 1)
    assert heavy == "[]\n"
    assert float(added_mib) < 2.5
