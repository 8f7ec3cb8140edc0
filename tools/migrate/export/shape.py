"""The sizes of an encoder, read from its config.json, in the names each architecture has for them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vectorstore.commandline import CommandError

KEEP_TORCH = (
    "Keep this model on torch, or choose one that is exported: BERT (all-MiniLM-L6-v2, BGE, English"
    " E5), RoBERTa and XLM-RoBERTa (multilingual E5), MPNet, DistilBERT, T5 (sentence-t5)."
)
ACTIVATIONS = {
    "gelu": ("Gelu", {}),
    "gelu_new": ("Gelu", {"approximate": "tanh"}),
    "gelu_pytorch_tanh": ("Gelu", {"approximate": "tanh"}),
    "gelu_fast": ("Gelu", {"approximate": "tanh"}),
    "relu": ("Relu", {}),
}
# Those that number positions from behind the padding token, as fairseq does.
AFTER_PADDING = ("roberta", "xlm-roberta", "camembert", "mpnet")
FAMILIES = ("bert", "distilbert", "t5", *AFTER_PADDING)


class UnknownArchitecture(CommandError):
    """An encoder that is not written here; another route may export it."""


@dataclass(frozen=True)
class Shape:
    """The sizes of an encoder.

    `width` is that of one head; `positions` how many tokens there are positions for (None: any
    number); `padding` the token id that positions are counted from, where they are; `buckets` and
    `distance` are of the relative positions, `gated` of the feed-forward part (T5).
    """

    family: str
    layers: int
    heads: int
    hidden: int
    width: int
    positions: int | None
    activation: str
    epsilon: float
    padding: int | None = None
    buckets: int = 32
    distance: int = 128
    gated: bool = False


def read_shape(path: Path, config: dict[str, Any]) -> Shape:
    """The shape of the encoder in `path`; raises CommandError for what cannot be exported."""
    where = path / "config.json"
    family = config.get("model_type")
    if family not in FAMILIES:
        architectures = ", ".join(config.get("architectures") or [])
        raise UnknownArchitecture(
            f"{where} describes a {family!r} model ({architectures}), which is not exported without"
            f" torch. {KEEP_TORCH}"
        )
    _refuse_variants(where, config)
    try:
        shape = {"t5": _t5, "distilbert": _distilbert}.get(str(family), _bert)(config)
    except KeyError as error:
        raise CommandError(f"{where} lacks {error}: download the model again.") from error
    if shape.activation not in ACTIVATIONS:
        known = ", ".join(ACTIVATIONS)
        raise UnknownArchitecture(
            f"{where}: hidden_act {shape.activation!r} is none of {known}. {KEEP_TORCH}"
        )
    return shape


def outer_shape(path: Path, config: dict[str, Any]) -> Shape:
    """What of an encoder that others export has to be known here: its width and longest input."""
    where, width = path / "config.json", ("hidden_size", "d_model", "dim", "n_embd")
    hidden = next((config[name] for name in width if config.get(name)), None)
    if hidden is None:
        raise CommandError(f"{where} has none of {', '.join(width)}: download the model again.")
    family = str(config.get("model_type"))
    positions = config.get("max_position_embeddings") if family != "t5" else None
    if positions and family in AFTER_PADDING:
        positions -= config.get("pad_token_id", 1) + 1
    layers = config.get("num_hidden_layers") or config.get("num_layers") or config.get("n_layers")
    return Shape(family, layers or 12, 1, hidden, hidden, positions, "", 0.0)


def _refuse_variants(where: Path, config: dict[str, Any]) -> None:
    positions = config.get("position_embedding_type") or "absolute"
    if positions != "absolute":
        raise UnknownArchitecture(
            f"{where}: position_embedding_type {positions!r} is not known. {KEEP_TORCH}"
        )
    if config.get("is_decoder") or config.get("add_cross_attention"):
        raise CommandError(f"{where} describes a decoder, not an encoder. {KEEP_TORCH}")


def _bert(config: dict[str, Any]) -> Shape:
    family = config["model_type"]
    padding = config.get("pad_token_id", 1) if family in AFTER_PADDING else None
    if family == "mpnet":
        padding = 1  # whatever the config says: it stands in transformers' code
    return Shape(
        family=family,
        layers=config["num_hidden_layers"],
        heads=config["num_attention_heads"],
        hidden=config["hidden_size"],
        width=config["hidden_size"] // config["num_attention_heads"],
        positions=config["max_position_embeddings"] - (0 if padding is None else padding + 1),
        activation=config.get("hidden_act", "gelu"),
        epsilon=config.get("layer_norm_eps", 1e-12),
        padding=padding,
    )


def _distilbert(config: dict[str, Any]) -> Shape:
    return Shape(
        family="distilbert",
        layers=config["n_layers"],
        heads=config["n_heads"],
        hidden=config["dim"],
        width=config["dim"] // config["n_heads"],
        positions=config["max_position_embeddings"],
        activation=config.get("activation", "gelu"),
        epsilon=1e-12,
    )


def _t5(config: dict[str, Any]) -> Shape:
    # "relu", "gelu" or "gated-gelu"; the last means the approximation by tanh.
    gate, _, activation = str(config.get("feed_forward_proj", "relu")).rpartition("-")
    return Shape(
        family="t5",
        layers=config["num_layers"],
        heads=config["num_heads"],
        hidden=config["d_model"],
        width=config["d_kv"],
        positions=None,
        activation="gelu_new" if gate and activation == "gelu" else activation,
        epsilon=config.get("layer_norm_epsilon", 1e-6),
        buckets=config.get("relative_attention_num_buckets", 32),
        distance=config.get("relative_attention_max_distance", 128),
        gated=bool(gate),
    )
