"""A model folder that takes the place of a model named in the code."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from vectorstore.commandline import CommandError


class NoModel(Exception):
    """No model folder can be had for a name. The message says why, and what would help."""


@dataclass(frozen=True, slots=True)
class ModelName:
    """A model as the code asks for it; `folder` where the name is the path of one."""

    text: str
    revision: str | None = None
    folder: Path | None = None

    def __str__(self) -> str:
        return f"{self.text}@{self.revision}" if self.revision else self.text

    @property
    def short(self) -> str:
        """Its name without the organization or the folders before it."""
        return self.text.rstrip("/\\").replace("\\", "/").rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """A model folder on this machine, or what it would be when it were exported."""

    folder: Path | None  # None: not exported
    name: str
    normalize: bool
    sha256: str = ""  # of the weights it was exported from
    reference: str | None = None
    revision: str | None = None
    query_prefix: str = ""
    document_prefix: str = ""
    default_prompt: str = ""  # what SentenceTransformer.encode puts before a text by itself
    file_mb: int | None = None  # estimated, where it is not exported

    @classmethod
    def read(cls, folder: Path) -> ModelFolder:
        """Raises CommandError when `folder` is not a model folder."""
        try:
            found = json.loads((folder / "embedding.json").read_text(encoding="utf-8"))
            source = found["source"]
            return cls(
                folder,
                found["name"],
                found["normalize"],
                source["sha256"],
                source.get("reference"),
                source.get("revision"),
                found.get("query_prefix", ""),
                found.get("document_prefix", ""),
                found.get("default_prompt", ""),
            )
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise CommandError(
                f"{folder} is not a model folder ({error!r}). Make one with"
                " `python -m tools.migrate export MODEL --out models/NAME`."
            ) from error
