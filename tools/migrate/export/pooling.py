"""Reads what comes after the encoder: how the tokens become one vector."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
class Pooling:
    """`mode` is "mean" or "cls"; `normalize` says whether vectors get unit length."""

    mode: str
    normalize: bool
    notes: tuple[str, ...] = ()


def read_pooling(path: Path, modules: list[dict[str, Any]]) -> Pooling:
    """The pooling that modules.json asks for; a plain transformers folder gets the mean.

    That is what sentence-transformers does with such a folder, too.
    """
    if not modules:
        note = f"{path} has no modules.json: pooling by the mean, as sentence-transformers does"
        return Pooling("mean", False, (note,))
    kinds = [str(module.get("type", "")).rpartition(".")[2] for module in modules]
    if kinds not in (["Transformer", "Pooling"], ["Transformer", "Pooling", "Normalize"]):
        raise CommandError(
            f"{path / 'modules.json'} lists {', '.join(kinds)}; exported are Transformer, Pooling and"
            " Normalize, in this order. Keep this model on torch, or choose one that ends in these."
        )
    return Pooling(_mode(path / modules[1].get("path", "") / "config.json"), len(kinds) == 3)


def _mode(path: Path) -> str:
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CommandError(
            f"{path} cannot be read ({error}): the pooling is not known. Download the whole model"
            " folder, its subfolders included."
        ) from error
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
