from __future__ import annotations

import asyncio
import copy
import os
import pickle
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from tests.migrate.export.tiny import TEXTS, Tiny, variant
from tools.migrate.export.exporter import Origin, write_model
from tools.migrate.export.folder import read_folder
from vectorstore import onnx_embeddings
from vectorstore.onnx_embeddings import OnnxEmbeddings

EXPECTED = Tiny().vectors(TEXTS)
CLOSE = {"rtol": 0, "atol": 2e-5}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return export(Tiny(), tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="module")
def model(folder: Path) -> OnnxEmbeddings:
    return OnnxEmbeddings(folder)


def export(tiny: Tiny, folder: Path) -> Path:
    origin = Origin("folder", "tiny", None, "a" * 64)
    source = read_folder(tiny.write(folder / "source"))
    write_model(source, origin, "tiny", "fp32", folder / "model")
    return folder / "model"


def test_what_it_is(model: OnnxEmbeddings, folder: Path):
    assert (model.name, model.sha256, model.recipe) == ("tiny", "a" * 64, "fp32")
    assert (model.dim, model.get_sentence_embedding_dimension(), model.max_tokens) == (32, 32, 24)
    assert (model.pooling, model.normalize) == ("mean", True)
    assert repr(model) == f"OnnxEmbeddings({str(folder)!r}, recipe='fp32', dim=32)"


def test_langchains_methods_give_lists_of_floats(model: OnnxEmbeddings):
    query, documents = model.embed_query(TEXTS[0]), model.embed_documents(TEXTS)
    assert type(query) is list
    assert type(query[0]) is float
    assert [type(vector) for vector in documents] == [list] * len(TEXTS)
    np.testing.assert_allclose(query, EXPECTED[0], **CLOSE)
    np.testing.assert_allclose(documents, EXPECTED, **CLOSE)
    assert model(TEXTS[0]) == query


def test_asynchronously(model: OnnxEmbeddings):
    async def both():
        return await asyncio.gather(model.aembed_query(TEXTS[0]), model.aembed_documents(TEXTS))

    query, documents = asyncio.run(both())
    assert query == model.embed_query(TEXTS[0])
    assert documents == model.embed_documents(TEXTS)


def test_encode_gives_float32(model: OnnxEmbeddings):
    one, many = model.encode(TEXTS[0]), model.encode(TEXTS)
    assert (one.dtype, one.shape) == (np.float32, (32,))
    assert (many.dtype, many.shape) == (np.float32, (5, 32))
    np.testing.assert_allclose(many, EXPECTED, **CLOSE)
    np.testing.assert_allclose(one, many[0], rtol=0, atol=1e-6)
    given = {"batch_size": 64, "show_progress_bar": False, "device": "cpu"}
    np.testing.assert_array_equal(model.encode(tuple(TEXTS), **given), many)
    np.testing.assert_array_equal(model.encode(np.array(TEXTS), convert_to_numpy=True), many)


def test_encode_as_a_list(model: OnnxEmbeddings):
    vectors = model.encode(TEXTS, convert_to_numpy=False)
    assert isinstance(vectors, list)
    np.testing.assert_array_equal(np.array(vectors), model.encode(TEXTS))


def test_nothing_in_nothing_out(model: OnnxEmbeddings):
    assert model.embed_documents([]) == []
    empty = model.encode([])
    assert (empty.dtype, empty.shape) == (np.float32, (0, 32))


@pytest.mark.parametrize(
    ("call", "said"),
    [
        pytest.param(lambda m: m.embed_query(None), "must be a str, not NoneType", id="None"),
        pytest.param(lambda m: m.embed_query(b"x"), "must be a str, not bytes", id="bytes"),
        pytest.param(lambda m: m.embed_documents(["a", 1]), "must be a str, not int: 1", id="int"),
        pytest.param(lambda m: m.encode([["a"]]), "must be a str, not list", id="nested"),
        pytest.param(lambda m: m.embed_documents("ab"), "use embed_query", id="str for list"),
    ],
)
def test_what_is_not_text_is_refused(call, said: str, model: OnnxEmbeddings):
    with pytest.raises(TypeError, match=said):
        call(model)


def test_half_a_surrogate_pair_is_no_error(model: OnnxEmbeddings):
    assert model.embed_query("pay \ud83d") == model.embed_query("pay \ufffd")


@pytest.mark.parametrize("own", [True, False])
@pytest.mark.parametrize("given", [None, True, False])
@pytest.mark.parametrize("asked", [True, False])
def test_unit_length(own: bool, given: bool | None, asked: bool, tmp_path: Path):
    model = OnnxEmbeddings(export(variant(normalize=own), tmp_path), normalize=given)
    expected = own if given is None else given
    norm = np.linalg.norm(model.embed_query("pay"))
    assert bool(abs(norm - 1) < 1e-6) is expected
    norm = np.linalg.norm(model.encode("pay", normalize_embeddings=asked))
    assert bool(abs(norm - 1) < 1e-6) is (expected or asked)


def test_prefixes(tmp_path: Path):
    folder = export(variant(prompts=(("query", "where "), ("document", "my "))), tmp_path)
    own, given = OnnxEmbeddings(folder), OnnxEmbeddings(folder, query_prefix="", document_prefix="")
    assert own.embed_query("parcel") == given.embed_query("where parcel")
    assert own.embed_documents(["parcel"]) == given.embed_documents(["my parcel"])
    np.testing.assert_array_equal(own.encode("parcel"), given.embed_query("parcel"))
    np.testing.assert_array_equal(own.encode("parcel", prompt="my "), own.encode("my parcel"))


def test_a_copy_is_the_same_object_and_a_pickle_opens_the_folder(folder: Path):
    model = OnnxEmbeddings(folder, normalize=False, query_prefix="my ")
    assert copy.copy(model) is model
    assert copy.deepcopy({"model": model})["model"] is model
    again = pickle.loads(pickle.dumps(model))
    assert again is not model
    assert again.embed_query("parcel") == model.embed_query("parcel")


def test_eight_threads_get_what_one_gets(model: OnnxEmbeddings):
    texts = [f"{a} {b}" for a in TEXTS for b in TEXTS] * 8
    alone = [model.embed_query(text) for text in texts]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(model.embed_query, texts)) == alone


FORK = """
import os, signal, sys
from vectorstore.onnx_embeddings import OnnxEmbeddings
model = OnnxEmbeddings(sys.argv[1], threads=int(sys.argv[2]))
expected = model.embed_query("pay the order")
for embeds in (True, False):
    child = os.fork()
    if child == 0:
        signal.alarm(20)  # what hangs is killed, and counts as failed
        sys.exit(embeds and model.embed_query("pay the order") != expected)
    print(os.waitpid(child, 0)[1], model.embed_query("pay the order") == expected)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
@pytest.mark.parametrize("threads", [1, 2])
def test_a_forked_process_goes_on_and_ends(threads: int, folder: Path):
    command = [sys.executable, "-c", FORK, str(folder), str(threads)]
    assert subprocess.check_output(command, text=True).splitlines() == ["0 True"] * 2


def test_a_relative_folder_is_looked_for_beside_the_package_first(folder: Path, tmp_path: Path):
    app, elsewhere = tmp_path / "app", tmp_path / "elsewhere"
    (app / "runtime").mkdir(parents=True)
    (app / "runtime" / "__init__.py").touch()
    shutil.copy(onnx_embeddings.__file__, app / "runtime" / "onnx_embeddings.py")
    for place in (app, elsewhere):
        shutil.copytree(folder, place / "models" / "tiny")
    program = (
        "from runtime.onnx_embeddings import OnnxEmbeddings;"
        "print(OnnxEmbeddings('models/tiny').folder)"
    )

    def opened() -> str:
        command = [sys.executable, "-c", program]
        environment = {**os.environ, "PYTHONPATH": str(app)}
        return subprocess.check_output(command, cwd=elsewhere, env=environment, text=True).strip()

    assert opened() == str(app / "models" / "tiny")
    shutil.rmtree(app / "models")
    assert opened() == str(elsewhere / "models" / "tiny")


def test_it_imports_nothing_else():
    program = (
        "import sys; before = set(sys.modules);"
        "from vectorstore.onnx_embeddings import OnnxEmbeddings;"
        "new = {name.partition('.')[0] for name in set(sys.modules) - before};"
        "print(sorted(new - set(sys.stdlib_module_names)))"
    )
    found = subprocess.check_output([sys.executable, "-c", program], text=True).strip()
    allowed = {"numpy", "onnxruntime", "tokenizers", "vectorstore"}
    third_party = {name for name in eval(found) if not name.startswith("_")}
    assert third_party >= allowed
    assert not third_party & {"tools", "service", "langchain_core", "torch", "huggingface_hub"}
