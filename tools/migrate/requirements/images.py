"""Base images that bring CUDA or torch, which the converted app has no use for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from tools.migrate.launch.containers import instructions
from tools.migrate.requirements.formats import DOCKERFILE
from tools.migrate.requirements.python_version import DEFAULT, stated_python
from tools.migrate.source import SourceError, decode

if TYPE_CHECKING:
    from tools.migrate.project import Project

HEAVY = re.compile(
    r"(?:--\S+\s+)*((?:\S*/)?(?:nvidia/cuda|pytorch/pytorch|nvcr\.io/nvidia/pytorch|"
    r"huggingface/transformers-pytorch-[\w-]+)(?:[:@]\S+)?)"
)


def dockerfiles(project: Project) -> Iterator[tuple[PurePosixPath, str]]:
    """Every Dockerfile of the repository's own, with its text."""
    for path in project.paths():
        if DOCKERFILE.name.fullmatch(path.name) and path not in project.tree.vendored:
            try:
                yield path, decode(project.read(path)).text
            except SourceError:
                continue


def heavy_images(project: Project) -> Iterator[tuple[PurePosixPath, int, str]]:
    """(Dockerfile, line, what to write in its place)"""
    for path, text in dockerfiles(project):
        for instruction in instructions(text):
            match = HEAVY.match(text, instruction.start, instruction.end)
            if instruction.name == "FROM" and match:
                stated = stated_python(project, path.parent)
                python = f"python:{stated[0] if stated else DEFAULT}-slim"
                line = text.count("\n", 0, instruction.start) + 1
                yield (
                    path,
                    line,
                    (
                        f"{match[1]} brings gigabytes for a GPU or for torch, which nothing served uses"
                        f" now: write FROM {python}, and install what else the image was taken for"
                    ),
                )
