"""The lock file: which distribution holds which model, with the sha256 of both."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

LOCK = Path(__file__).with_name("models.lock.toml")


@dataclass(frozen=True)
class Locked:
    """A model whose source is known: `name` and `normalize` as in embedding.json, `also` its other names."""

    name: str
    distribution: str
    version: str
    wheel_sha256: str
    weights_sha256: str
    normalize: bool
    file_mb: int  # of the exported model
    also: tuple[str, ...] = ()


@cache
def locked_models() -> tuple[Locked, ...]:
    """Every entry of models.lock.toml."""
    entries = tomllib.loads(LOCK.read_text(encoding="utf-8"))["model"]
    return tuple(Locked(**{**entry, "also": tuple(entry.get("also", ()))}) for entry in entries)


def by_model(name: str) -> Locked | None:
    """The entry for a model's name, such as sentence-transformers/all-MiniLM-L6-v2."""
    wanted = name.lower()
    for locked in locked_models():
        if wanted in {other.lower() for other in (locked.name, *locked.also)}:
            return locked
    return None


def by_distribution(distribution: str, version: str | None) -> Locked | None:
    """The entry for a distribution; any version when None."""
    for locked in locked_models():
        if locked.distribution == distribution and version in (None, locked.version):
            return locked
    return None


def by_weights(sha256: str) -> Locked | None:
    """The entry whose weights these are, wherever they came from."""
    return next((model for model in locked_models() if model.weights_sha256 == sha256), None)
