"""A file that pip can install from, where a Pipfile, conda's list or a Dockerfile says what to install."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from tools.migrate.project import Project
from tools.migrate.requirements.files import requirement_files
from tools.migrate.requirements.formats import PIP
from tools.migrate.requirements.lines import Line

READABLE = ("pyproject.toml", "setup.py", "setup.cfg")  # by pip and uv themselves


def for_pip(project: Project, manifest: PurePosixPath) -> Path:
    """The manifest itself, or a requirements file beside it with what it lists."""
    path = project.root / manifest
    listed = requirement_files(project).get(manifest)
    if listed is None or listed.format is PIP or manifest.name in READABLE:
        return path
    asked = [line for line in map(_asked, listed.lines) if line]
    written = path.with_name(f".{manifest.name}.requirements.txt")
    written.write_text("".join(f"{line}\n" for line in asked), "utf-8")
    return written


def _asked(line: Line) -> str | None:
    """In pip's words; None for what is for development, and for conda's own parts of CUDA."""
    if line.for_development:
        return None
    if line.kind == "conda":
        return None if line.name.startswith("nvidia-") else str(line.requirement)
    option = line.kind == "option" and line.slot in ("pip", "index")
    return line.code if option or line.kind == "requirement" else None
