"""What is told where a file cannot be edited: stale locks and heavy base images."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.migrate.helpers import write
from tools.migrate.project import Project
from tools.migrate.rules import requirements
from tools.migrate.settings import Settings

APP = """\
from flask import Flask
from fit512_runtime.onnx_embeddings import OnnxEmbeddings

app = Flask(__name__)
"""
PYPROJECT = "[project]\ndependencies = ['flask', {}]\n"
LEGACY = PYPROJECT.format("'torch'")
CONVERTED = PYPROJECT.format("'onnxruntime>=1.22', 'tokenizers>=0.13.2', 'numpy'")


def told(root: Path, files: dict[str, str]) -> list[str]:
    """The warnings and skips, with nothing staged but pyproject.toml."""
    project = Project.open(write(root, {"app.py": APP, **files}))
    requirements.apply(project, Settings())
    assert {path.name for path in project.staged()} <= {"pyproject.toml"}
    return [
        f"{note.kind} {note}".removesuffix(" [requirements]")
        for note in project.notes
        if note.kind != "changed"
    ]


@pytest.mark.parametrize(
    ("lock", "text", "line", "command"),
    [
        ("poetry.lock", '[[package]]\nname = "torch"\n', ":2", "poetry lock"),
        ("uv.lock", '[[package]]\nname = "flask"\n', "", "uv lock"),
        ("pdm.lock", '[[package]]\nname = "torch"\n', ":2", "pdm lock"),
    ],
)
def test_the_lock_of_an_edited_file_is_stale(
    tmp_path: Path, index: None, lock: str, text: str, line: str, command: str
) -> None:
    assert told(tmp_path, {"pyproject.toml": LEGACY, lock: text}) == [
        f"warning {lock}{line}: is stale, as pyproject.toml changed: renew it with `{command}`"
    ]


def test_it_stays_stale_until_it_is_renewed(tmp_path: Path, index: None) -> None:
    old = '[[package]]\nname = "torch"\n'
    files = {"api/pyproject.toml": CONVERTED, "api/uv.lock": old}
    assert told(tmp_path, files) == [
        "warning api/uv.lock:2: is stale, as api/pyproject.toml changed: renew it with"
        " `cd 'api' && uv lock`"
    ]
    assert told(tmp_path, {"api/uv.lock": old.replace("torch", "flask")}) == []


def test_a_lock_alone(tmp_path: Path, index: None) -> None:
    pinned = "flask\nonnxruntime>=1.22\ntokenizers>=0.13.2\nnumpy\n"
    lock = '{"default": {\n    "torch": {}}}\n'
    assert told(tmp_path, {"requirements.txt": pinned, "Pipfile.lock": lock}) == [
        "warning Pipfile.lock:2: lists torch, but there is no Pipfile that it was made from"
    ]


@pytest.mark.parametrize(
    ("image", "told_of"),
    [
        ("nvidia/cuda:12.1.0-runtime-ubuntu22.04", True),
        ("--platform=linux/amd64 docker.io/pytorch/pytorch:2.1.0-cuda12.1 AS base", True),
        ("python:3.11", False),
        ("my/pytorch-like", False),
    ],
)
def test_base_images(tmp_path: Path, index: None, image: str, told_of: bool) -> None:
    docker = f"# FROM nvidia/cuda\nFROM {image}\nRUN pip install .\n"
    notes = told(tmp_path, {"pyproject.toml": CONVERTED, "Dockerfile": docker})
    assert [note.partition(" brings")[0] for note in notes] == (
        [f"warning Dockerfile:2: {image.split(' ')[-3 if ' AS ' in image else 0]}"]
        if told_of
        else []
    )
    assert all("write FROM python:3.11-slim" in note for note in notes)


def test_an_image_with_torch_stays_where_torch_does(tmp_path: Path, index: None) -> None:
    app = APP + "from transformers import pipeline\n"
    files = {
        "app.py": app,
        "requirements.txt": "flask\ntorch\n",
        "Dockerfile": "FROM nvidia/cuda\n",
    }
    project = Project.open(write(tmp_path, files))
    requirements.apply(project, Settings())
    assert not any("nvidia" in note.message for note in project.notes)
