"""The ranges were found by loading tokenizers written by 0.23 in each older release."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tokenizers import Tokenizer, decoders, models, pre_tokenizers

from tools.migrate.project import Project
from tools.migrate.requirements.additions import Ranges
from tools.migrate.requirements.model_ranges import ranges_of_models


def _tokenizer(model: models.Model, metaspace: str = "") -> bytes:
    tokenizer = Tokenizer(model)
    if metaspace == "pre_tokenizer":
        split = pre_tokenizers.WhitespaceSplit()
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence([split, pre_tokenizers.Metaspace()])
    elif metaspace == "decoder":
        tokenizer.decoder = decoders.Metaspace()
    return tokenizer.to_str().encode()


WORDPIECE = models.WordPiece({"[UNK]": 0, "Metaspace": 1}, unk_token="[UNK]")
UNIGRAM = models.Unigram([("<unk>", 0.0), ("▁", -1.0)], 0, False)
BPE = models.BPE({"a": 0, "b": 1, "ab": 2}, [("a", "b")])


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        pytest.param({}, Ranges(">=1.22", ">=0.13.2"), id="only planned"),
        pytest.param({"tokenizer.json": _tokenizer(WORDPIECE)}, Ranges(">=1.30", ">=0.13.2"), id="WordPiece"),
        pytest.param({"tokenizer.json": _tokenizer(WORDPIECE, "decoder")}, Ranges(">=1.30", ">=0.20"), id="decoder"),
        pytest.param({"tokenizer.json": _tokenizer(UNIGRAM, "pre_tokenizer")}, Ranges(">=1.30", ">=0.20"), id="Unigram"),
        pytest.param({"tokenizer.json": _tokenizer(BPE)}, Ranges(">=1.30", ">=0.20"), id="BPE"),
        pytest.param({"tokenizer.json": b"\xff{"}, Ranges(">=1.30", ">=0.13.2"), id="damaged"),
    ],
)  # fmt: skip
def test_of_a_model_folder(tmp_path: Path, files: dict[str, bytes], expected: Ranges) -> None:
    folder = tmp_path / "models" / "m"
    folder.mkdir(parents=True)
    if files:
        (folder / "embedding.json").write_text(json.dumps({"onnxruntime": ">=1.30"}), "utf-8")
    for name, data in files.items():
        (folder / name).write_bytes(data)
    assert ranges_of_models(Project.open(tmp_path)) == expected


def test_the_range_that_all_models_run_in(tmp_path: Path) -> None:
    for name, model in {"a": WORDPIECE, "b": BPE}.items():
        folder = tmp_path / "models" / name
        folder.mkdir(parents=True)
        (folder / "embedding.json").write_text('{"onnxruntime": ">=1.22"}', "utf-8")
        (folder / "tokenizer.json").write_bytes(_tokenizer(model))
    assert ranges_of_models(Project.open(tmp_path)) == Ranges(">=1.22", ">=0.20")
