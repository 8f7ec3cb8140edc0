"""The reference repository, where its checkout is at hand: CORPUS_DIR holds it as myshop/."""

from __future__ import annotations

import ast
import os
import shutil
from pathlib import Path

import pytest

from tests.migrate.helpers import model_folder
from tools.migrate import runner
from tools.migrate.commit import commit_in_place
from tools.migrate.project import Project
from tools.migrate.settings import Settings

CORPUS = os.environ.get("CORPUS_DIR")
pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not CORPUS, reason="CORPUS_DIR names no folder of checkouts"),
]
SKIP = frozenset({"requirements", "stores"})  # tested with a package index and the model
LOOSE = [
    "clrag.py",
    "efaq.py",
    "efaqage.py",
    "exam.py",
    "fun.py",
    "func.py",
    "img.py",
    "langstart.py",
    "lrag.py",
    "memory.py",
    "rag.py",
    "source.py",
    "sr.py",
    "sr2.py",
    "test_langchain.py",
    "tm.py",
    "tool.py",
    "webser.py",
]


@pytest.fixture
def root(tmp_path):
    copy = tmp_path / "myshop"
    shutil.copytree(Path(CORPUS or "") / "myshop", copy)
    return copy


@pytest.fixture
def choices(tmp_path):
    return Settings(model_folder=model_folder(tmp_path / "model"), skip=SKIP)


@pytest.fixture
def project(root, choices):
    project = Project.open(root)
    runner.convert(project, choices)
    return project


def changed_by(project: Project, path: str) -> set[str]:
    return {note.rule for note in project.notes if note.path == path and note.kind == "changed"}


def test_the_served_app(project):
    assert sorted(map(str, project.served())) == ["app.py", "efaq_backend/faq_core.py"]
    assert changed_by(project, "app.py") == {"sessions", "errors", "health"}
    core = changed_by(project, "efaq_backend/faq_core.py")
    assert core == {"embeddings", "memory", "quiet", "timeouts"}


def test_every_loose_script_is_converted_or_named(project):
    named = {note.path for note in project.notes} | set(map(str, project.untouched()))
    assert set(LOOSE) <= named
    assert list(map(str, project.untouched())) == ["exam.py"]
    assert [note for note in project.notes if note.kind in ("skipped", "refused")] == []
    assert changed_by(project, "rag.py") == {"embeddings", "timeouts"}
    assert changed_by(project, "memory.py") == {"memory", "quiet", "timeouts"}


def test_torch_of_the_image_script_is_reported(project):
    users = [
        (str(user.path), user.line, user.modules, user.served) for user in project.torch_users()
    ]
    assert users == [("img.py", 6, ("torch", "transformers"), False)]
    assert b"import torch\n" in project.read(
        next(p for p in project.python() if p.name == "img.py")
    )


def test_what_comes_out_parses_and_stays(project, root, choices):
    commit_in_place(project)
    for path in root.rglob("*.py"):
        ast.parse(path.read_bytes())
    again = Project.open(root)
    runner.convert(again, choices)
    assert not again.changed
