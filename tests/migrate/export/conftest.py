"""What the tests of the export share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.migrate.export.tiny import Tiny
from tools.migrate.export.exporter import Origin, write_model
from tools.migrate.export.folder import read_folder
from vectorstore.onnx_embeddings import OnnxEmbeddings


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    """The folder of the common tiny model."""
    return Tiny().write(tmp_path / "source" / "tiny")


@pytest.fixture
def exported(tmp_path: Path) -> Callable[..., OnnxEmbeddings]:
    """Exports a folder in a recipe, and opens the result."""

    def export(folder: Path, recipe: str = "fp32") -> OnnxEmbeddings:
        target = tmp_path / "exported" / recipe
        origin = Origin("folder", str(folder), None, "0" * 64)
        write_model(read_folder(folder), origin, folder.name, recipe, target)
        return OnnxEmbeddings(target)

    return export
