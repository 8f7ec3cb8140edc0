"""Tiny BERT folders with random weights, and what BertModel computes, in plain numpy."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save_file
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

TOKENS = "[PAD] [UNK] [CLS] [SEP] where is my parcel the order how do i pay ? a b c d"
WORDS = TOKENS.split(" ")
TEXTS = ["where is my parcel?", "", "pay", "how do i pay the order? " * 9, "zebra Ünicode 📦"]


@dataclass(frozen=True)
class Tiny:
    """What a tiny model looks like; the defaults are the common case."""

    layers: int = 2
    heads: int = 2
    hidden: int = 32
    inner: int = 48
    positions: int = 40
    activation: str = "gelu"
    pooling: str | None = "mean"
    normalize: bool = True
    max_tokens: int | None = 24
    prompts: tuple[tuple[str, str], ...] = ()
    seed: int = 0

    def write(self, folder: Path, *, prefix: str = "", dtype: Any = np.float32) -> Path:
        """Write the folder as sentence-transformers lays it out (plain when pooling is None)."""
        folder.mkdir(parents=True)
        save_file(
            {prefix + k: v.astype(dtype) for k, v in self.tensors().items()},
            folder / "model.safetensors",
        )
        dump(folder / "config.json", self.config())
        padding = tokenizer()
        padding.enable_padding(length=16)
        padding.save(str(folder / "tokenizer.json"))
        dump(folder / "tokenizer_config.json", {"tokenizer_class": "BertTokenizer"})
        if self.max_tokens:
            dump(folder / "sentence_bert_config.json", {"max_seq_length": self.max_tokens})
        if self.prompts:
            dump(folder / "config_sentence_transformers.json", {"prompts": dict(self.prompts)})
        if self.pooling:
            self._write_modules(folder)
        return folder

    def _write_modules(self, folder: Path) -> None:
        kinds = [("", "Transformer"), ("1_Pooling", "Pooling")]
        kinds += [("2_Normalize", "Normalize")] if self.normalize else []
        modules = [
            {"idx": i, "name": str(i), "path": path, "type": f"sentence_transformers.models.{kind}"}
            for i, (path, kind) in enumerate(kinds)
        ]
        dump(folder / "modules.json", modules)
        (folder / "1_Pooling").mkdir()
        modes = {"cls": "cls_token", "mean": "mean_tokens", "max": "max_tokens"}
        dump(
            folder / "1_Pooling" / "config.json",
            {"word_embedding_dimension": self.hidden}
            | {f"pooling_mode_{key}": name == self.pooling for name, key in modes.items()},
        )

    def config(self) -> dict[str, Any]:
        return {
            "architectures": ["BertModel"],
            "model_type": "bert",
            "hidden_act": self.activation,
            "hidden_size": self.hidden,
            "intermediate_size": self.inner,
            "layer_norm_eps": 1e-12,
            "max_position_embeddings": self.positions,
            "num_attention_heads": self.heads,
            "num_hidden_layers": self.layers,
            "type_vocab_size": 2,
            "vocab_size": len(WORDS),
        }

    def tensors(self) -> dict[str, NDArray[np.float32]]:
        """Every tensor of the encoder, by transformers' names."""
        random = np.random.default_rng(self.seed)
        h, inner = self.hidden, self.inner
        shapes: dict[str, tuple[int, ...]] = {
            "embeddings.word_embeddings.weight": (len(WORDS), h),
            "embeddings.position_embeddings.weight": (self.positions, h),
            "embeddings.token_type_embeddings.weight": (2, h),
            "embeddings.LayerNorm.weight": (h,),
            "embeddings.LayerNorm.bias": (h,),
        }
        for layer in range(self.layers):
            at = f"encoder.layer.{layer}."
            for part in ("query", "key", "value"):
                shapes |= {f"{at}attention.self.{part}.weight": (h, h)}
                shapes |= {f"{at}attention.self.{part}.bias": (h,)}
            shapes |= {f"{at}attention.output.dense.weight": (h, h)}
            shapes |= {f"{at}intermediate.dense.weight": (inner, h)}
            shapes |= {f"{at}output.dense.weight": (h, inner)}
            shapes |= {f"{at}intermediate.dense.bias": (inner,)}
            for part in ("attention.output", "output"):
                for name in ("dense.bias", "LayerNorm.weight", "LayerNorm.bias"):
                    shapes |= {f"{at}{part}.{name}": (h,)}
        return {
            name: (random.normal(0, 0.5, shape) + ("LayerNorm.weight" in name)).astype(np.float32)
            for name, shape in shapes.items()
        }

    def vectors(self, texts: list[str]) -> NDArray[np.float64]:
        """What transformers and sentence-transformers compute for these texts, in float64."""
        words = tokenizer()
        limit = self.max_tokens if self.pooling else None
        words.enable_truncation(min(limit or self.positions, self.positions))
        rows = np.array([self._vector(words.encode(text).ids) for text in texts])
        norms = np.linalg.norm(rows, axis=1, keepdims=True)
        return rows / norms if self.normalize and self.pooling else rows

    def _vector(self, ids: list[int]) -> NDArray[np.float64]:
        w = {name: value.astype(np.float64) for name, value in self.tensors().items()}
        x = w["embeddings.word_embeddings.weight"][ids]
        x = x + w["embeddings.position_embeddings.weight"][: len(ids)]
        x = _norm(x + w["embeddings.token_type_embeddings.weight"][0], w, "embeddings.LayerNorm")
        for layer in range(self.layers):
            at = f"encoder.layer.{layer}."
            attended = _dense(self._attend(x, w, at), w, at + "attention.output.dense")
            x = _norm(x + attended, w, at + "attention.output.LayerNorm")
            inner = ACTIVATIONS[self.activation](_dense(x, w, at + "intermediate.dense"))
            x = _norm(x + _dense(inner, w, at + "output.dense"), w, at + "output.LayerNorm")
        return x[0] if self.pooling == "cls" else x.mean(axis=0)

    def _attend(self, x: Any, w: dict[str, Any], at: str) -> Any:
        width = self.hidden // self.heads
        q, k, v = (_dense(x, w, f"{at}attention.self.{p}") for p in ("query", "key", "value"))
        heads = []
        for start in range(0, self.hidden, width):
            part = slice(start, start + width)
            scores = np.exp(q[:, part] @ k[:, part].T / math.sqrt(width))
            heads.append(scores / scores.sum(axis=1, keepdims=True) @ v[:, part])
        return np.concatenate(heads, axis=1)


def _dense(x: Any, w: dict[str, Any], name: str) -> Any:
    return x @ w[f"{name}.weight"].T + w[f"{name}.bias"]


def _norm(x: Any, w: dict[str, Any], name: str) -> Any:
    centred = x - x.mean(axis=-1, keepdims=True)
    scaled = centred / np.sqrt(x.var(axis=-1, keepdims=True) + 1e-12)
    return scaled * w[f"{name}.weight"] + w[f"{name}.bias"]


def _gelu(x: Any) -> Any:
    return x * (1 + np.vectorize(math.erf)(x / math.sqrt(2))) / 2


def _gelu_tanh(x: Any) -> Any:
    return x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))) / 2


ACTIVATIONS = {
    "gelu": _gelu,
    "gelu_new": _gelu_tanh,
    "gelu_pytorch_tanh": _gelu_tanh,
    "gelu_fast": _gelu_tanh,
    "relu": lambda x: np.maximum(x, 0),
}


def tokenizer() -> Tokenizer:
    """A small uncased WordPiece tokenizer; as written, it pads to 16 tokens, like published ones."""
    vocabulary = {word: index for index, word in enumerate(WORDS)}
    made = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    made.normalizer = normalizers.BertNormalizer(lowercase=True)
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    return made


def dump(path: Path, value: Any) -> None:
    """Write JSON."""
    path.write_text(json.dumps(value), encoding="utf-8")


def change(path: Path, **values: Any) -> None:
    """Set keys of a JSON file."""
    dump(path, {**json.loads(path.read_text(encoding="utf-8")), **values})


def variant(**changes: Any) -> Tiny:
    """The common case with something else about it."""
    return replace(Tiny(), **changes)
