from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
import pytest
from safetensors.numpy import load_file, save_file

from tests.migrate.export.tiny import TEXTS, Tiny, dump, variant
from tools.migrate.export.folder import read_folder


@pytest.mark.parametrize(
    "model",
    [
        pytest.param(Tiny(), id="common"),
        pytest.param(variant(layers=1, heads=1), id="one layer, one head"),
        pytest.param(variant(layers=4, heads=8, hidden=64, inner=100), id="deeper, wider"),
        pytest.param(variant(hidden=20, inner=37, heads=4), id="no multiple of 32"),
        pytest.param(variant(pooling="cls"), id="cls pooling"),
        pytest.param(variant(normalize=False), id="not normalized"),
        pytest.param(variant(pooling=None, normalize=False), id="plain transformers folder"),
        pytest.param(variant(max_tokens=None), id="as long as its positions"),
        pytest.param(variant(max_tokens=512), id="more tokens than positions"),
        pytest.param(variant(activation="gelu_new"), id="gelu_new"),
        pytest.param(variant(activation="gelu_pytorch_tanh"), id="gelu_pytorch_tanh"),
        pytest.param(variant(activation="gelu_fast"), id="gelu_fast"),
        pytest.param(variant(activation="relu"), id="relu"),
    ],
)
def test_the_graph_computes_what_bert_does(model: Tiny, tmp_path: Path, exported):
    found = exported(model.write(tmp_path / "model")).encode(TEXTS)
    assert found.shape == (len(TEXTS), model.hidden)
    np.testing.assert_allclose(found, model.vectors(TEXTS), rtol=0, atol=2e-5)


def test_w8_comes_near_it(tmp_path: Path, exported):
    model = variant(hidden=64, heads=4, inner=100)
    found = exported(model.write(tmp_path / "model"), "w8").encode(TEXTS)
    cosines = (found * model.vectors(TEXTS)).sum(axis=1)
    assert cosines.min() > 0.995
    assert cosines.min() < 1 - 1e-7, "these are fp32's vectors: nothing was quantised"


@pytest.mark.parametrize("prefix", ["bert.", "0.auto_model.", "model."])
def test_a_prefix_of_the_tensors_is_found(prefix: str, tmp_path: Path, exported):
    found = exported(Tiny().write(tmp_path / "model", prefix=prefix)).encode(TEXTS)
    np.testing.assert_allclose(found, Tiny().vectors(TEXTS), rtol=0, atol=2e-5)


def test_half_precision_is_widened(tmp_path: Path, exported):
    found = exported(Tiny().write(tmp_path / "model", dtype=np.float16)).encode(TEXTS)
    np.testing.assert_allclose(found, Tiny().vectors(TEXTS), rtol=0, atol=5e-3)


def test_bfloat16_is_widened(tmp_path: Path, exported):
    folder = Tiny().write(tmp_path / "model")
    write_bfloat16(folder / "model.safetensors")
    cosines = (exported(folder).encode(TEXTS) * Tiny().vectors(TEXTS)).sum(axis=1)
    assert cosines.min() > 0.999


def test_old_names_of_the_layer_norm_are_understood(tmp_path: Path, exported):
    folder = Tiny().write(tmp_path / "model")
    renamed = {
        name.replace("LayerNorm.weight", "LayerNorm.gamma").replace(
            "LayerNorm.bias", "LayerNorm.beta"
        ): tensor
        for name, tensor in load_file(folder / "model.safetensors").items()
    }
    save_file(renamed, folder / "model.safetensors")
    found = exported(folder).encode(TEXTS)
    np.testing.assert_allclose(found, Tiny().vectors(TEXTS), rtol=0, atol=2e-5)


def test_weights_in_several_files(tmp_path: Path, exported):
    folder = Tiny().write(tmp_path / "model")
    tensors = load_file(folder / "model.safetensors")
    (folder / "model.safetensors").unlink()
    names = sorted(tensors)
    index = {}
    for number in range(2):
        file = f"model-0000{number + 1}-of-00002.safetensors"
        save_file({name: tensors[name] for name in names[number::2]}, folder / file)
        index |= dict.fromkeys(names[number::2], file)
    dump(folder / "model.safetensors.index.json", {"weight_map": index})
    found = exported(folder).encode(TEXTS)
    np.testing.assert_allclose(found, Tiny().vectors(TEXTS), rtol=0, atol=2e-5)


def test_the_encoder_may_lie_in_a_folder_of_its_own(tmp_path: Path, exported):
    folder = Tiny().write(tmp_path / "model")
    inner = folder / "0_Transformer"
    inner.mkdir()
    modules = json.loads((folder / "modules.json").read_text("utf-8"))
    for file in list(folder.glob("*")):
        if file.is_file() and file.name != "modules.json":
            file.rename(inner / file.name)
    modules[0]["path"] = "0_Transformer"
    dump(folder / "modules.json", modules)
    found = exported(folder).encode(TEXTS)
    np.testing.assert_allclose(found, Tiny().vectors(TEXTS), rtol=0, atol=2e-5)


def test_int8_comes_near_it(tmp_path: Path, exported):
    model = variant(hidden=64, heads=4, inner=100)
    found = exported(model.write(tmp_path / "model"), "int8").encode(TEXTS)
    cosines = (found * model.vectors(TEXTS)).sum(axis=1)
    assert cosines.min() > 0.98
    assert cosines.min() < 1 - 1e-7, "these are fp32's vectors: nothing was quantised"


@pytest.mark.parametrize("recipe", ["fp32", "int8", "w8"])
def test_the_file_is_valid_onnx_and_the_same_every_time(recipe: str, tiny: Path, exported):
    folder = exported(tiny, recipe).folder
    onnx.checker.check_model(str(folder / "model.onnx"))
    first = {file.name: file.read_bytes() for file in folder.iterdir()}
    folder.rename(folder.with_name("first"))
    again = exported(tiny, recipe).folder
    assert {file.name: file.read_bytes() for file in again.iterdir()} == first


def test_prompts_become_prefixes(tmp_path: Path, exported):
    prompts = (("query", "where "), ("passage", "the "))
    folder = variant(prompts=prompts).write(tmp_path / "model")
    model = exported(folder)
    assert (model.query_prefix, model.document_prefix) == ("where ", "the ")
    expected = Tiny().vectors(["where parcel", "the parcel", "parcel"])
    found = [model.embed_query("parcel"), *model.embed_documents(["parcel"])]
    np.testing.assert_allclose(found, expected[:2], rtol=0, atol=2e-5)
    np.testing.assert_allclose(model.encode("parcel"), expected[2], rtol=0, atol=2e-5)


@pytest.mark.parametrize(
    ("prompts", "default", "prefixes"),
    [
        pytest.param({}, None, ("", ""), id="none"),
        pytest.param({"query": "", "document": ""}, None, ("", ""), id="empty"),
        pytest.param({"query": "q: ", "document": "d: "}, None, ("q: ", "d: "), id="both"),
        pytest.param({"sts": "s: "}, None, ("", ""), id="another task's"),
        pytest.param({"sts": "s: "}, "sts", ("s: ", "s: "), id="a default"),
        pytest.param({"sts": "s: ", "query": "q: "}, "sts", ("q: ", "s: "), id="query and default"),
    ],
)
def test_which_prompt_counts(prompts, default, prefixes, tiny: Path):
    settings = {"prompts": prompts, "default_prompt_name": default}
    dump(tiny / "config_sentence_transformers.json", settings)
    model = read_folder(tiny)
    assert (model.query_prefix, model.document_prefix) == prefixes


def write_bfloat16(path: Path) -> None:
    """Rewrite a file's float32 tensors as bfloat16: the upper half of each number."""
    header, body = {}, b""
    for name, tensor in load_file(path).items():
        data = (tensor.view(np.uint32) >> 16).astype(np.uint16).tobytes()
        offsets = [len(body), len(body) + len(data)]
        header[name] = {"dtype": "BF16", "shape": tensor.shape, "data_offsets": offsets}
        body += data
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + body)
