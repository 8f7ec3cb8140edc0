"""All embedders of a folder in one process share one loaded model."""

from __future__ import annotations

import gc
import os
import pickle
import shutil
import subprocess
import sys
import weakref
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.migrate.export.tiny import TEXTS, Tiny, change
from tests.vectorstore.helpers import MODEL
from tools.migrate.export.exporter import Origin, write_model
from tools.migrate.export.folder import read_folder
from vectorstore.onnx_embeddings import ModelError, OnnxEmbeddings


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    origin = Origin("folder", "tiny", None, "a" * 64)
    source = read_folder(Tiny().write(tmp_path / "source"))
    write_model(source, origin, "tiny", "fp32", tmp_path / "model")
    return tmp_path / "model"


def loaded(folder: Path, **arguments: object) -> object:
    return OnnxEmbeddings(folder, **arguments)._model


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param({}, id="the same"),
        pytest.param({"normalize": False}, id="not normalized"),
        pytest.param({"query_prefix": "query: ", "document_prefix": "passage: "}, id="prefixes"),
        pytest.param({"verify": False}, id="unverified"),
    ],
)
def test_one_model_however_it_is_used(arguments: dict[str, object], folder: Path):
    first, second = OnnxEmbeddings(folder), OnnxEmbeddings(folder, **arguments)
    assert first._model is second._model
    assert first.embed_query("pay") == OnnxEmbeddings(folder).embed_query("pay")
    assert second.normalize is arguments.get("normalize", True)
    assert second.query_prefix == arguments.get("query_prefix", "")


def test_one_model_whatever_the_folder_is_called(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "link").symlink_to(folder)
    monkeypatch.chdir(tmp_path)
    model = OnnxEmbeddings(folder)
    assert loaded(tmp_path / "link") is model._model
    assert loaded("model") is model._model
    assert pickle.loads(pickle.dumps(model))._model is model._model


def test_threads_of_its_own_need_a_session_of_its_own(folder: Path):
    one, two = OnnxEmbeddings(folder), OnnxEmbeddings(folder, threads=2)
    assert one._model is not two._model
    assert one.embed_documents(TEXTS) == two.embed_documents(TEXTS)


def test_made_at_once_by_many_threads_it_is_loaded_once(folder: Path):
    with ThreadPoolExecutor(8) as pool:
        models = list(pool.map(OnnxEmbeddings, [folder] * 16))
    assert len({id(model._model) for model in models}) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="there nothing unused is held")
def test_made_again_and_again_it_stays_loaded(folder: Path):
    reference = weakref.ref(OnnxEmbeddings(folder)._model)
    gc.collect()
    assert reference() is loaded(folder)


@pytest.mark.skipif(sys.platform == "win32", reason="there nothing unused is held")
def test_two_models_in_turn_stay_loaded(folder: Path, tmp_path: Path):
    other = shutil.copytree(folder, tmp_path / "other")
    references = weakref.ref(loaded(folder)), weakref.ref(loaded(other))
    gc.collect()
    assert (references[0](), references[1]()) == (loaded(folder), loaded(other))


def test_what_nobody_uses_is_freed_for_others(folder: Path, tmp_path: Path):
    folders = [shutil.copytree(folder, tmp_path / name) for name in ("b", "c", "d")]
    used, unused = OnnxEmbeddings(folder), OnnxEmbeddings(folders[0])
    references = weakref.ref(used._model), weakref.ref(unused._model)
    del unused
    for other in folders[1:]:
        loaded(other)
    gc.collect()
    assert references[0]() is loaded(folder)
    assert references[1]() is None


def test_files_that_take_the_place_of_others_are_loaded(folder: Path, tmp_path: Path):
    before = OnnxEmbeddings(folder)
    expected = before.embed_documents(TEXTS)
    again = shutil.copytree(folder, tmp_path / "again")
    os.replace(again / "model.onnx", folder / "model.onnx")
    after = OnnxEmbeddings(folder)
    assert after._model is not before._model
    assert before.embed_documents(TEXTS) == after.embed_documents(TEXTS) == expected


def test_a_changed_description_holds(folder: Path):
    OnnxEmbeddings(folder)
    change(folder / "embedding.json", max_tokens=4)
    model = OnnxEmbeddings(folder)
    assert (model.max_tokens, len(model._tokens(" ".join(TEXTS)))) == (4, 4)


def test_loaded_unverified_it_is_verified_when_somebody_asks(folder: Path):
    with (folder / "tokenizer.json").open("a") as file:
        file.write("\n")
    unverified = OnnxEmbeddings(folder, verify=False)
    with pytest.raises(ModelError, match=r"tokenizer\.json is damaged"):
        OnnxEmbeddings(folder)
    assert loaded(folder, verify=False) is unverified._model


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json"])
def test_a_file_that_has_gone_is_missed_though_it_is_loaded(name: str, folder: Path):
    OnnxEmbeddings(folder)
    (folder / name).unlink()
    with pytest.raises(ModelError, match=f"{name} is missing"):
        OnnxEmbeddings(folder)


def run(program: str, *arguments: object) -> list[str]:
    command = [sys.executable, "-c", program, *map(str, arguments)]
    return subprocess.check_output(command, text=True).splitlines()


MEMORY = """
import os, sys
from vectorstore.onnx_embeddings import OnnxEmbeddings

def resident_mib():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20

held = []
for _ in range(5):
    held.append(OnnxEmbeddings(sys.argv[1], threads=int(sys.argv[2])))
    held[-1].embed_query("Where is my parcel?")
    print(resident_mib(), len(os.listdir("/proc/self/task")))
"""


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="no /proc on this system")
@pytest.mark.parametrize("threads", [1, 2])
def test_five_cost_what_one_costs(threads: int):
    lines = [line.split() for line in run(MEMORY, MODEL, threads)]
    resident_mib = [float(line[0]) for line in lines]
    assert resident_mib[-1] - resident_mib[0] < 3  # one of its own takes 22 MiB more
    assert len({line[1] for line in lines}) == 1  # nor a thread


FORK = """
import os, signal, sys, threading
from vectorstore.onnx_embeddings import OnnxEmbeddings
folder, threads = sys.argv[1], int(sys.argv[2])
model = OnnxEmbeddings(folder, threads=threads)
expected = model.embed_query("pay the order")
done = threading.Event()

def busy():
    while not done.is_set():
        OnnxEmbeddings(folder, threads=threads).embed_query("pay the order again")

workers = [threading.Thread(target=busy) for _ in range(2)]
for worker in workers:
    worker.start()
for _ in range(10):
    child = os.fork()
    if child == 0:
        signal.alarm(20)  # what hangs is killed, and counts as failed
        again = OnnxEmbeddings(folder, threads=threads)
        same = again.embed_query("pay the order") == model.embed_query("pay the order") == expected
        os._exit(0 if same and again._model is model._model else 1)
    print(os.waitpid(child, 0)[1])
done.set()
for worker in workers:
    worker.join()
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("threads", [1, 2])
def test_forked_amid_loading_and_embedding_it_goes_on(threads: int, folder: Path):
    assert run(FORK, folder, threads) == ["0"] * 10
