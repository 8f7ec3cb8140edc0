"""What cannot be exported is refused by name, with what to do."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import pytest

from tests.migrate.export.tiny import Tiny, change, dump, variant
from tools.migrate.export.folder import read_folder
from tools.migrate.export.tokenizer import write_tokenizer
from tools.migrate.export.weights import Weights
from vectorstore.commandline import CommandError, Exit


def test_a_whole_folder(tiny: Path):
    model = read_folder(tiny)
    assert (model.pooling.mode, model.pooling.normalize) == ("mean", True)
    assert (model.max_tokens, model.lower_case) == (24, False)
    assert (model.query_prefix, model.document_prefix, model.notes) == ("", "", ())


def test_a_plain_transformers_folder_is_said_so(tmp_path: Path):
    plain = variant(pooling=None, max_tokens=24, prompts=(("query", "q: "),))
    model = read_folder(plain.write(tmp_path / "plain"))
    assert (model.pooling.mode, model.pooling.normalize) == ("mean", False)
    assert (model.max_tokens, model.query_prefix) == (40, "")
    assert model.notes == (
        f"{tmp_path / 'plain'} has no modules.json: pooling by the mean, as sentence-transformers"
        " does",
    )


def test_the_new_form_of_the_pooling_config(tiny: Path):
    dump(tiny / "1_Pooling/config.json", {"embedding_dimension": 32, "pooling_mode": "cls"})
    assert read_folder(tiny).pooling.mode == "cls"


@pytest.mark.parametrize(
    ("sentence", "tokenizer", "expected"),
    [
        pytest.param(12, {}, 12, id="sentence_bert_config"),
        pytest.param(12, {"model_max_length": 8}, 12, id="which comes first"),
        pytest.param(None, {"model_max_length": 8}, 8, id="tokenizer_config"),
        pytest.param(None, {"model_max_length": 10**30}, 40, id="no limit"),
        pytest.param(None, {}, 40, id="positions"),
        pytest.param(512, {}, 40, id="never more than positions"),
    ],
)
def test_max_tokens(sentence, tokenizer, expected, tmp_path: Path):
    folder = variant(max_tokens=sentence).write(tmp_path / "model")
    dump(folder / "tokenizer_config.json", tokenizer)
    assert read_folder(folder).max_tokens == expected


def _config(**values):
    return lambda folder: change(folder / "config.json", **values)


def _pooling(**values):
    return lambda folder: change(folder / "1_Pooling/config.json", **values)


def _without(name):
    return lambda folder: (folder / name).unlink()


def _modules(*kinds):
    def apply(folder: Path) -> None:
        modules = [{"path": "1_Pooling" if i else "", "type": kind} for i, kind in enumerate(kinds)]
        dump(folder / "modules.json", modules)

    return apply


def _file(name, value):
    return lambda folder: dump(folder / name, value)


def _index(value):
    def apply(folder: Path) -> None:
        (folder / "model.safetensors").unlink()
        dump(folder / "model.safetensors.index.json", value)

    return apply


def _truncate(folder: Path) -> None:
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])


def _lfs(folder: Path) -> None:
    (folder / "model.safetensors").write_text("version https://git-lfs.github.com/spec/v1\n")


REFUSED = [
    pytest.param(_without("config.json"), "has no config.json", id="no config"),
    pytest.param(
        lambda folder: (folder / "config.json").write_text("{"), "is not JSON", id="broken config"
    ),
    pytest.param(_config(model_type="gpt2"), "describes a 'gpt2' model", id="architecture"),
    pytest.param(_config(model_type=None), "describes a None model", id="no architecture"),
    pytest.param(
        _config(auto_map={"AutoModel": "modeling.Mine"}),
        "(auto_map: AutoModel), which transformers runs with trust_remote_code. It was not run.",
        id="custom code",
    ),
    pytest.param(_config(position_embedding_type="relative_key"), "'relative_key'", id="positions"),
    pytest.param(_config(hidden_act="silu"), "hidden_act 'silu'", id="activation"),
    pytest.param(_config(is_decoder=True), "a decoder", id="decoder"),
    pytest.param(
        lambda folder: dump(folder / "config.json", {"model_type": "bert"}),
        "lacks 'num_hidden_layers'",
        id="empty config",
    ),
    pytest.param(_without("tokenizer.json"), "has no tokenizer.json", id="no tokenizer"),
    pytest.param(_without("model.safetensors"), "has no model.safetensors", id="no weights"),
    pytest.param(
        _modules(
            "sentence_transformers.models.Transformer", "InstructorEmbedding.INSTRUCTOR_Pooling"
        ),
        "is an Instructor model",
        id="instructor",
    ),
    pytest.param(
        _modules("st.models.Transformer", "st.models.Pooling", "st.models.LSTM"),
        "lists Transformer, Pooling, LSTM",
        id="another module",
    ),
    pytest.param(_pooling(include_prompt=False), "include_prompt", id="prompt left out"),
    pytest.param(
        _pooling(pooling_mode_mean_tokens=False, pooling_mode_max_tokens=True),
        "'max' pooling",
        id="max pooling",
    ),
    pytest.param(
        _pooling(pooling_mode_cls_token=True), "['cls', 'mean'] pooling", id="two poolings"
    ),
    *(
        pytest.param(
            _config(**{name: value}), f"{name} is {json.dumps(value)}", id=f"{name} {value}"
        )
        for name, value in (
            ("num_attention_heads", 0),
            ("num_attention_heads", "12"),
            ("num_hidden_layers", -1),
            ("hidden_size", 1.5),
            ("max_position_embeddings", True),
            ("layer_norm_eps", "0"),
            ("architectures", 5),
            ("auto_map", ["a"]),
            ("pad_token_id", "1"),
        )
    ),
    pytest.param(_config(max_position_embeddings=2), "leaves 2 tokens", id="too few positions"),
    pytest.param(_file("config.json", []), "it holds [], and not an object", id="a list"),
    pytest.param(_file("modules.json", {"a": 1}), '{"a": 1} are no modules', id="modules"),
    pytest.param(_file("modules.json", ["a"]), '["a"] are no modules', id="module"),
    pytest.param(_file("modules.json", [{"path": "../x"}]), "no modules inside", id="outside"),
    pytest.param(
        _file("config_sentence_transformers.json", {"prompts": {"query": 5}}),
        'prompts is {"query": 5}',
        id="prompts",
    ),
    pytest.param(
        _file("sentence_bert_config.json", {"max_seq_length": "256"}),
        'max_seq_length is "256"',
        id="a length in text",
    ),
    pytest.param(
        _file("sentence_bert_config.json", {"max_seq_length": 1}),
        "leaves 1 tokens",
        id="no length",
    ),
    pytest.param(_file("1_Pooling/config.json", 3), "it holds 3", id="pooling a number"),
    *(
        pytest.param(_index(value), said, id=f"shards {value}")
        for value, said in (
            ({}, "it has no weight_map"),
            ({"weight_map": {}}, "weight_map is {}"),
            ({"weight_map": {"a": "../../etc/passwd"}}, 'weight_map is {"a": "../../etc'),
            ({"weight_map": {"a": 1}}, 'weight_map is {"a": 1}'),
        )
    ),
    pytest.param(_without("1_Pooling/config.json"), "the pooling is not known", id="no pooling"),
]


@pytest.mark.parametrize(("spoil", "said"), REFUSED)
def test_refusals(spoil, said: str, tiny: Path):
    spoil(tiny)
    with pytest.raises(CommandError) as error:
        read_folder(tiny)
    assert said in str(error.value)
    assert str(tiny) in str(error.value)
    assert "\n" not in str(error.value)
    assert error.value.exit_code == Exit.ERROR


@pytest.mark.parametrize("spoil", [_truncate, _lfs])
def test_damaged_weights(spoil, tiny: Path):
    spoil(tiny)
    with pytest.raises(CommandError, match="cannot be read as safetensors"):
        Weights(read_folder(tiny).weights)


def test_pickled_weights_are_never_opened(tiny: Path, tmp_path: Path):
    (tiny / "model.safetensors").unlink()
    (tiny / "pytorch_model.bin").write_bytes(pickle.dumps(Touch(str(tmp_path / "ran"))))
    with pytest.raises(CommandError, match=r"only as pytorch_model\.bin"):
        read_folder(tiny)
    assert not (tmp_path / "ran").exists()


class Touch:
    """Makes a file when it is unpickled."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self):
        return Path.touch, (Path(self.path),)


def test_a_missing_tensor_is_named(tiny: Path, exported):
    change(tiny / "config.json", num_hidden_layers=3)
    with pytest.raises(CommandError, match=r"no tensor encoder\.layer\.2\.attention"):
        exported(tiny)


def test_a_config_of_another_model(tiny: Path, exported):
    change(tiny / "config.json", hidden_size=64)
    with pytest.raises(CommandError, match="32 wide, and config.json says 64"):
        exported(tiny)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        pytest.param({"num_hidden_layers": 1}, "a layer more than", id="a layer is left over"),
        pytest.param({"max_position_embeddings": 30}, "40 positions, and .* says 30", id="fewer"),
        pytest.param({"max_position_embeddings": 50}, "40 positions, and .* says 50", id="more"),
    ],
)
def test_weights_that_contradict_the_config(values, said: str, tiny: Path, exported):
    change(tiny / "config.json", **values)
    with pytest.raises(CommandError, match=said):
        exported(tiny)


def test_a_tokenizer_of_another_model(tiny: Path, tmp_path: Path):
    with pytest.raises(CommandError, match="knows 19 tokens and the weights 18"):
        write_tokenizer(
            tiny / "tokenizer.json",
            tmp_path / "tokenizer.json",
            max_tokens=24,
            lower_case=False,
            vocabulary=18,
        )


def test_lower_case_is_added_where_asked_for(tiny: Path, exported):
    tokenizer = json.loads((tiny / "tokenizer.json").read_text("utf-8"))
    tokenizer["normalizer"] = None
    dump(tiny / "tokenizer.json", tokenizer)
    dump(tiny / "sentence_bert_config.json", {"max_seq_length": 24, "do_lower_case": True})
    found = exported(tiny).encode(["WHERE is My PARCEL"])
    assert abs(found - Tiny().vectors(["where is my parcel"])).max() < 2e-5
