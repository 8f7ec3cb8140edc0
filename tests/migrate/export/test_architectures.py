"""Small random models of each architecture, beside the vectors that sentence-transformers gives.

fixtures/architectures holds models and vectors that torch_models.py made; the slow test makes all
of them anew where FIT512_TORCH_PYTHON names a Python that has torch.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from tests.migrate.export.tiny import change, dump
from tests.migrate.export.torch_models import MODELS, PROMPTS, TEXTS, texts
from tools.migrate.export.folder import read_folder
from tools.migrate.export.relative import buckets
from vectorstore.commandline import CommandError

HERE = Path(__file__).parent
FIXTURES = HERE / "fixtures/architectures"
COMMITTED = sorted(folder.name for folder in FIXTURES.iterdir())
PYTHON = os.environ.get("FIT512_TORCH_PYTHON", "")


@pytest.fixture
def copied(tmp_path: Path):
    """A copy of a committed model, to be spoiled."""

    def copy(name: str) -> Path:
        return Path(shutil.copytree(FIXTURES / name, tmp_path / name))

    return copy


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every model, made and embedded by torch now."""
    folder = tmp_path_factory.mktemp("models")
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "TRANSFORMERS_VERBOSITY": "error"}
    command = [PYTHON, str(HERE / "torch_models.py"), str(folder)]
    subprocess.run(command, env=environment, check=True, capture_output=True, timeout=300)
    return folder


def cosines(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return (a * b).sum(axis=1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)


def check(folder: Path, name: str, exported) -> None:
    expected, asked = np.load(folder / name / "expected.npy"), texts(MODELS[name].family)
    np.testing.assert_allclose(exported(folder / name).encode(asked), expected, rtol=0, atol=2e-5)
    found = cosines(exported(folder / name, "w8").encode(asked), expected)
    assert 0.98 < found.min() < 1 - 1e-6  # models so small hold few weights to average over


@pytest.mark.parametrize("name", COMMITTED)
def test_the_graph_computes_what_sentence_transformers_does(name: str, exported):
    check(FIXTURES, name, exported)


@pytest.mark.slow
@pytest.mark.skipif(not PYTHON, reason="FIT512_TORCH_PYTHON names no Python with torch")
@pytest.mark.parametrize("name", MODELS)
def test_made_anew(name: str, made: Path, exported):
    check(made, name, exported)


def test_prefixes_and_lengths():
    model = read_folder(FIXTURES / "xlm-roberta")
    assert (model.query_prefix, model.document_prefix) == tuple(PROMPTS.values())
    assert (model.max_tokens, model.shape.positions, model.dim) == (190, 200, 16)
    t5 = read_folder(FIXTURES / "t5")
    assert (t5.max_tokens, t5.shape.positions, t5.dim) == (190, None, 12)
    assert [path.parent.name for path in t5.identity] == ["t5", "2_Dense"]


def test_the_texts_reach_what_they_should(exported):
    model = exported(FIXTURES / "mpnet")
    lengths = [len(model._tokens(text)) for text in TEXTS]
    assert max(lengths) == 190  # cut, and farther apart than any bucket of distances
    assert min(lengths) == 2


def test_t5_without_any_limit(copied):
    folder = copied("t5")
    (folder / "sentence_bert_config.json").unlink()
    dump(folder / "tokenizer_config.json", {"model_max_length": 10**30})
    assert read_folder(folder).max_tokens == 512


def test_buckets_of_distances():
    # As transformers' _relative_position_bucket gives them for 32 buckets up to 128.
    relative = np.array([0, -1, 1, -7, 7, -8, 8, 11, 12, 15, 16, 31, 32, 63, 64, 127, 128, -9000])
    expected = [0, 1, 17, 7, 23, 8, 24, 24, 25, 25, 26, 27, 28, 29, 30, 31, 31, 15]
    assert buckets(relative, 32, 128).tolist() == expected


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        pytest.param(
            {"activation_function": "torch.nn.modules.activation.GELU"}, "asks for GELU", id="gelu"
        ),
        pytest.param({"use_residual": True}, "a residual", id="residual"),
        pytest.param({"module_input_name": "token_embeddings"}, "another input", id="input"),
    ],
)
def test_dense_layers_that_are_not_exported(spoil, said: str, copied):
    folder = copied("t5")
    change(folder / "2_Dense/config.json", **spoil)
    with pytest.raises(CommandError, match=said):
        read_folder(folder)


def test_a_pickled_dense_layer_is_not_opened(copied):
    folder = copied("t5")
    (folder / "2_Dense/model.safetensors").rename(folder / "2_Dense/pytorch_model.bin")
    with pytest.raises(CommandError, match=r"2_Dense has no model\.safetensors"):
        read_folder(folder)


def test_a_dense_layer_of_another_model(copied, exported):
    folder = copied("t5")
    change(folder / "2_Dense/config.json", out_features=7)
    with pytest.raises(CommandError, match=r"does not fit the config\.json"):
        exported(folder)


def test_a_missing_tensor_is_named(copied, exported):
    folder = copied("mpnet")
    change(folder / "config.json", num_hidden_layers=3)
    with pytest.raises(CommandError, match=r"no tensor encoder\.layer\.2\.attention\.attn\.q"):
        exported(folder)


@pytest.mark.parametrize("name", COMMITTED)
def test_the_committed_models_are_those_of_the_script(name: str):
    config = json.loads((FIXTURES / name / "config.json").read_text("utf-8"))
    assert config["model_type"] == MODELS[name].family
    modules = json.loads((FIXTURES / name / "modules.json").read_text("utf-8"))
    assert ("Normalize" in str(modules)) == MODELS[name].normalize
