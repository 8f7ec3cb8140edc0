"""What a person can choose for a conversion."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Settings:
    """The choices of one run.

    `model_folder` is a model folder already exported (`embedding.json` and the files it names).
    None: the model that the code names is exported when a rule needs it.
    """

    model_name: str = "all-MiniLM-L6-v2"
    model_folder: Path | None = None
    k: int = 5  # turns of a conversation that are kept
    timeout_s: int = 30  # for one call of the language model
    only: frozenset[str] = frozenset()  # rule ids; empty: all
    skip: frozenset[str] = frozenset()

    def wants(self, rule_id: str) -> bool:
        return rule_id not in self.skip and (not self.only or rule_id in self.only)
