"""Finds what still needs torch, and whether the served app reaches it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from tools.migrate.parsed import imported_modules, parse

if TYPE_CHECKING:
    from tools.migrate.project import Project

# Import names of packages that are torch, or do their work with it.
TORCH_MODULES = frozenset(
    [
        "torch",
        "torchvision",
        "torchaudio",
        "torchtext",
        "pytorch_lightning",
        "lightning",
        "sentence_transformers",
        "transformers",
        "accelerate",
        "bitsandbytes",
        "peft",
        "trl",
        "diffusers",
        "timm",
        "auto_gptq",
        "exllamav2",
        "vllm",
        "langchain_huggingface",
        "easyocr",
        "whisper",
        "TTS",
        "InstructorEmbedding",
        "FlagEmbedding",
        "colbert",
        "fairseq",
        "flair",
        "stanza",
        "detoxify",
        "keybert",
        "bertopic",
        "ragatouille",
        "txtai",
    ]
)
NOTEBOOK_IMPORT = re.compile(r"^\s*(?:from|import)\s+(\w+)", re.M)


@dataclass(frozen=True, slots=True)
class TorchUser:
    """A file that imports torch, or a package that does its work with torch."""

    path: PurePosixPath
    line: int  # of the first such import; in a notebook, 1
    modules: tuple[str, ...]  # top-level import names, sorted
    served: bool  # reachable from an entry point


def torch_users(project: Project) -> list[TorchUser]:
    """Every torch user in the staged state, sorted by path."""
    served = project.served()
    users = []
    for path in [*project.python(), *project.notebooks()]:
        data = project.read(path)
        found = list(_in_notebook(data) if path.suffix == ".ipynb" else _in_python(data))
        if found:
            line = min(number for number, _ in found)
            modules = tuple(sorted({module for _, module in found}))
            users.append(TorchUser(path, line, modules, path in served))
    return sorted(users, key=lambda user: str(user.path))


def _in_python(data: bytes) -> Iterator[tuple[int, str]]:
    tree = parse(data)
    for level, module, line, _ in imported_modules(tree) if tree else ():
        top = module.partition(".")[0]
        if not level and top in TORCH_MODULES:
            yield line, top


def _in_notebook(data: bytes) -> Iterator[tuple[int, str]]:
    try:
        cells = json.loads(data).get("cells", [])
        code = ["".join(cell["source"]) for cell in cells if cell.get("cell_type") == "code"]
    except (ValueError, KeyError, TypeError, AttributeError):
        return
    for module in NOTEBOOK_IMPORT.findall("\n".join(code)):
        if module in TORCH_MODULES:
            yield 1, module
