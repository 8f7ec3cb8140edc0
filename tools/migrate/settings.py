"""What a person can choose for a conversion."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Settings:
    """The choices of one run.

    `model_folder` is a model folder already exported (`embedding.json` and the files it names), and
    `model_folders` are such folders by the name that the code has for the model. A model that has
    none is exported when a rule needs it; with `export` False it is only described where that is
    enough.
    """

    model_folder: Path | None = None
    model_folders: Mapping[str, Path] = field(default_factory=dict)
    export: bool = True
    k: int = 5  # turns of a conversation that are kept
    timeout_s: int = 30  # for one call of the language model
    only: frozenset[str] = frozenset()  # rule ids; empty: all
    skip: frozenset[str] = frozenset()

    def wants(self, rule_id: str) -> bool:
        return rule_id not in self.skip and (not self.only or rule_id in self.only)

    def folders(self) -> list[Path]:
        """Every model folder that was given."""
        given = [self.model_folder] if self.model_folder is not None else []
        return [*given, *self.model_folders.values()]
