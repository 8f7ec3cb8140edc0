"""Two checks for rules: nothing changes, and exactly this changes."""

from __future__ import annotations

import ast
import json
import tempfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from textwrap import dedent
from types import ModuleType

from tools.migrate.project import RUNTIME, Project
from tools.migrate.settings import Settings

MINILM_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
Files = Mapping[str, str | bytes]


def model_folder(folder: Path, *, name: str = "all-MiniLM-L6-v2", normalize: bool = True) -> Path:
    """A folder that describes a model. Rewriting reads the description alone."""
    folder.mkdir(parents=True, exist_ok=True)
    description = {"name": name, "normalize": normalize, "source": {"sha256": MINILM_SHA256}}
    (folder / "embedding.json").write_text(json.dumps(description), encoding="utf-8")
    return folder


def write(root: Path, files: Files) -> Path:
    """Write the files below `root`; text is dedented."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else dedent(content).encode())
    return root


def applied(rule: ModuleType, root: Path, settings: Settings | None = None) -> Project:
    """The repository at `root` with one rule applied."""
    folder = model_folder(root.parent / f"{root.name}-model")
    project = Project.open(root)
    rule.apply(project, settings or Settings(model_folder=folder))
    return project


def said(project: Project) -> list[tuple[str, str, int | None]]:
    """(kind, path, line) of each note, in order."""
    return [(note.kind, note.path, note.line) for note in project.notes]


def check_noop(
    rule: ModuleType, files: Files | str, *, notes: list[tuple[str, str, int | None]] | None = None
) -> Project:
    """The rule changes nothing in these files (a text is app.py) and says just `notes`."""
    files = {"app.py": files} if isinstance(files, str) else files
    with tempfile.TemporaryDirectory() as folder:
        project = applied(rule, write(Path(folder) / "repo", files))
        assert project.staged() == {}
        assert project.copied() == {}
        assert said(project) == (notes or [])
        return project


def check_transformed(
    rule: ModuleType,
    before: Files | str,
    after: Files | str,
    *,
    notes: list[tuple[str, str, int | None]] | None = None,
    settings: Settings | None = None,
) -> Project:
    """The rule makes `after` of `before`, which is Python, and of `after` nothing else.

    Files that `after` does not name stay as they are; the copies of the runtime are not compared.
    """
    before = {"app.py": before} if isinstance(before, str) else before
    after = {"app.py": after} if isinstance(after, str) else after
    with tempfile.TemporaryDirectory() as folder:
        root = write(Path(folder) / "repo", before)
        project = applied(rule, root, settings)
        changed = {
            str(path): data
            for path, data in project.staged().items()
            if RUNTIME not in path.parts and data is not None
        }
        expected = {
            name: dedent(text).encode() if isinstance(text, str) else text
            for name, text in after.items()
        }
        assert {name: data.decode() for name, data in changed.items()} == {
            name: data.decode() for name, data in expected.items()
        }
        for data in expected.values():
            ast.parse(data)
        if notes is not None:
            assert said(project) == notes
        _check_second_run(rule, root, project, settings)
        return project


def _check_second_run(
    rule: ModuleType, root: Path, project: Project, settings: Settings | None
) -> None:
    for path, data in project.staged().items():
        if data is not None:
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(data)
    for path, source in project.copied().items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(source.read_bytes())
    again = applied(rule, root, settings)
    assert again.staged() == {}
    assert again.copied() == {}


def path(text: str) -> PurePosixPath:
    return PurePosixPath(text)
