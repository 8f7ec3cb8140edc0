"""The stores of a converted repository beside the legacy ones they were made from."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from tools.migrate.verify.retrieval import Legacy
from vectorstore.commandline import CommandError
from vectorstore.flat import read_flat
from vectorstore.langchain_folder import check_langchain_folder


@dataclass(frozen=True)
class StorePair:
    """A converted store and its legacy content.

    `folder` is below the repository, `root` the folder that holds `fit512_runtime/`; `name` and
    `model` are what the converted code calls them, below `root`.
    """

    folder: Path
    root: Path
    name: str
    model: str
    model_name: str
    legacy: Legacy


def store_pairs(original: Path, converted: Path) -> list[StorePair]:
    """All stores that have a manifest in `converted` and an index.pkl in `original`."""
    found = []
    for manifest in sorted(converted.rglob("manifest.json")):
        folder = manifest.parent.relative_to(converted)
        if (original / folder / "index.pkl").is_file():
            found.append(_pair(original, converted, folder))
    return found


def unconverted(original: Path, converted: Path) -> list[Path]:
    """Folders with a LangChain store in `original` that have none of ours in `converted`."""
    folders = [file.parent.relative_to(original) for file in sorted(original.rglob("index.pkl"))]
    return [
        folder
        for folder in folders
        if (original / folder / "index.faiss").is_file()
        and not (converted / folder / "manifest.json").is_file()
        and not _foreign(folder)
    ]


def _foreign(folder: Path) -> bool:
    return any(part in ("site-packages", "node_modules", ".git") for part in folder.parts)


def _pair(original: Path, converted: Path, folder: Path) -> StorePair:
    manifest = json.loads((converted / folder / "manifest.json").read_text("utf-8"))
    root = _runtime_root(converted, folder)
    model_name = manifest["model"]["name"]
    vectors, metric = read_flat(original / folder / "index.faiss")
    texts = [document.text for document in check_langchain_folder(original / folder).documents()]
    return StorePair(
        folder=folder,
        root=root,
        name=str(folder.relative_to(root)),
        model=f"models/{model_name}",
        model_name=model_name,
        legacy=Legacy(vectors, metric, texts),
    )


def _runtime_root(converted: Path, folder: Path) -> Path:
    for parent in (folder, *folder.parents):
        if (converted / parent / "fit512_runtime").is_dir():
            return parent
    raise CommandError(f"{folder} was converted, but no fit512_runtime/ is beside it or above it.")
