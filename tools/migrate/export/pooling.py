"""Reads what comes after the encoder: how the tokens become one vector."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.migrate.export import schema
from vectorstore.commandline import CommandError

OLD_KEYS = {
    "pooling_mode_cls_token": "cls",
    "pooling_mode_max_tokens": "max",
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_mean_sqrt_len_tokens": "mean_sqrt_len_tokens",
    "pooling_mode_weightedmean_tokens": "weightedmean",
    "pooling_mode_lasttoken": "lasttoken",
}
EXPORTED = ("mean", "cls")


@dataclass(frozen=True)
class Dense:
    """A linear layer after the pooling; `shape` is (outputs, inputs)."""

    weights: Path
    shape: tuple[int, int]
    bias: bool
    tanh: bool


@dataclass(frozen=True)
class Pooling:
    """`mode` is "mean" or "cls"; `normalize` says whether vectors get unit length."""

    mode: str
    normalize: bool
    dense: tuple[Dense, ...] = ()
    notes: tuple[str, ...] = ()


def read_pooling(path: Path, modules: list[dict[str, Any]]) -> Pooling:
    """The pooling that modules.json asks for; a plain transformers folder gets the mean.

    That is what sentence-transformers does with such a folder, too.
    """
    if not modules:
        note = f"{path} has no modules.json: pooling by the mean, as sentence-transformers does"
        return Pooling("mean", False, notes=(note,))
    kinds = [str(module.get("type", "")).rpartition(".")[2] for module in modules]
    normalize = kinds[-1] == "Normalize"
    middle = kinds[2:-1] if normalize else kinds[2:]
    if kinds[:2] != ["Transformer", "Pooling"] or set(middle) - {"Dense"}:
        raise CommandError(
            f"{path / 'modules.json'} lists {', '.join(kinds)}; exported are Transformer, Pooling,"
            " Dense and Normalize, in this order. Keep this model on torch, or choose one that ends in"
            " these."
        )
    folders = [path / module.get("path", "") for module in modules]
    dense = tuple(_dense(folder) for folder in folders[2 : 2 + len(middle)])
    return Pooling(_mode(folders[1] / "config.json"), normalize, dense)


def _dense(folder: Path) -> Dense:
    config = _config(folder / "config.json", "a layer after the pooling")
    activation = str(config.get("activation_function", "")).rpartition(".")[2]
    plain = config.get("module_input_name", "sentence_embedding") == config.get(
        "module_output_name", "sentence_embedding"
    )
    if activation not in ("Identity", "Tanh") or config.get("use_residual") or not plain:
        raise CommandError(
            f"{folder / 'config.json'} asks for {activation or 'no activation'}, a residual or another"
            " input; exported are linear layers with Identity or Tanh. Keep this model on torch."
        )
    weights = folder / "model.safetensors"
    if not weights.is_file():
        raise CommandError(
            f"{folder} has no model.safetensors (a pytorch_model.bin is a pickle, and never opened):"
            " save the model again with a newer sentence-transformers."
        )
    shape = config["out_features"], config["in_features"]
    return Dense(weights, shape, bool(config.get("bias", True)), activation == "Tanh")


def _config(path: Path, what: str) -> dict[str, Any]:
    if not path.is_file():
        raise CommandError(
            f"{path} is missing: {what} is not known. Download the whole model folder, its"
            " subfolders included."
        )
    return schema.parse(path, schema.DENSE)


def _mode(path: Path) -> str:
    config = _config(path, "the pooling")
    if not config.get("include_prompt", True):
        raise CommandError(
            f"{path} leaves the prompt out of the pooling (include_prompt), as Instructor models do;"
            " that is not exported. Keep this model on torch."
        )
    active = [mode for key, mode in OLD_KEYS.items() if config.get(key)] or ["mean"]
    mode = config.get("pooling_mode", active[0] if len(active) == 1 else active)
    if mode not in EXPORTED:
        raise CommandError(
            f"{path} asks for {mode!r} pooling; exported are {' and '.join(EXPORTED)}. Keep this"
            " model on torch, or choose another."
        )
    return str(mode)
