"""Reads the tensors of a model's safetensors files, one at a time, as float32.

Pickled weights (pytorch_model.bin) are never opened: unpickling runs what the file says.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open

from tools.migrate.export import schema
from vectorstore.commandline import CommandError

SINGLE = "model.safetensors"
INDEX = "model.safetensors.index.json"
# The table of tokens. An encoder may be saved bare, inside another model ("bert."), or as a module
# ("0."): what stands before the table's name stands before every name.
TABLES = ("embeddings.word_embeddings.weight", "shared.weight", "encoder.embed_tokens.weight")
OLD_NAMES = {"LayerNorm.gamma": "LayerNorm.weight", "LayerNorm.beta": "LayerNorm.bias"}


class Weights:
    """The tensors of the encoder, by the names transformers gives them without any prefix.

    `table` is the name of the table of tokens.
    """

    def __init__(self, paths: list[Path]) -> None:
        self._places: dict[str, tuple[Path, str]] = {}
        for path in paths:
            for stored in _names(path):
                self._places[_renamed(stored)] = path, stored
        found = [(name, table) for table in TABLES for name in self._places if name.endswith(table)]
        if not found:
            raise CommandError(
                f"{paths[0]} holds none of {', '.join(TABLES)}: these are not the weights of an encoder"
                " that is exported. Give the folder of the encoder itself."
            )
        name, self.table = min(found, key=lambda pair: len(pair[0]) - len(pair[1]))
        self._prefix = name.removesuffix(self.table)

    def refuse_layer(self, prefix: str) -> None:
        """Raise CommandError where tensors begin with `prefix`, that of a layer too many."""
        name = next((n for n in self._places if n.startswith(self._prefix + prefix)), None)
        if name:
            path, _ = self._places[name]
            raise CommandError(
                f"{path} holds {name}, a layer more than its config.json names: without it these are"
                " not this model's vectors. Download the model again."
            )

    def rows(self, name: str) -> int:
        """How many rows a table has."""
        path, stored = self._place(name)
        with safe_open(path, framework="np") as file:
            return int(file.get_slice(stored).get_shape()[0])

    def tensor(self, name: str) -> NDArray[np.float32]:
        """One tensor as float32, half precision widened. Refuses by name what is missing."""
        path, stored = self._place(name)
        with safe_open(path, framework="np") as file:
            return np.asarray(file.get_tensor(stored)).astype(np.float32)

    def _place(self, name: str) -> tuple[Path, str]:
        if self._prefix + name not in self._places:
            raise CommandError(
                f"the weights hold no tensor {self._prefix + name}: the file does not fit its"
                " config.json. Download the model again."
            )
        return self._places[self._prefix + name]


def weight_files(folder: Path) -> list[Path]:
    """The safetensors files of a transformers folder, or an error that says what to do."""
    if (folder / SINGLE).is_file():
        return [folder / SINGLE]
    if (folder / INDEX).is_file():
        return _shards(folder / INDEX)
    if (folder / "pytorch_model.bin").is_file():
        raise CommandError(
            f"{folder} has its weights only as pytorch_model.bin. That is a pickle, which can run"
            " any code when it is opened, so it was not. Save the model as safetensors where torch"
            " is installed (model.save_pretrained(folder) does), or take a revision of the model"
            f" that has {SINGLE}."
        )
    raise CommandError(
        f"{folder} has no {SINGLE}: the weights are missing. Download the whole model folder, not"
        " only its configuration."
    )


def _shards(index: Path) -> list[Path]:
    names = schema.parse(index, schema.SHARDS, ["weight_map"])["weight_map"].values()
    return [index.with_name(name) for name in sorted(set(names))]


def sha256_of(paths: list[Path]) -> str:
    """sha256 of the weights file; of several, of their contents in the order of their names."""
    digest = hashlib.sha256()
    for path in paths:
        with path.open("rb") as file:
            while piece := file.read(1 << 20):
                digest.update(piece)
    return digest.hexdigest()


def _names(path: Path) -> list[str]:
    try:
        with safe_open(path, framework="np") as file:
            return list(file.keys())
    except (SafetensorError, OSError) as error:
        raise CommandError(
            f"{path} cannot be read as safetensors ({error}): it is incomplete or damaged (or a Git"
            " LFS pointer: `git lfs pull`). Download it again."
        ) from error


def _renamed(name: str) -> str:
    for old, new in OLD_NAMES.items():
        if name.endswith(old):
            return name.removesuffix(old) + new
    return name
