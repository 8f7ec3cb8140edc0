"""The bundled example, through every rule that edits code."""

from __future__ import annotations

import ast
from pathlib import Path

from tests.migrate.helpers import model_folder
from tools.migrate import runner
from tools.migrate.diff import as_diff
from tools.migrate.project import Project
from tools.migrate.settings import Settings

EXAMPLE = Path(__file__).parents[2] / "examples" / "legacy_shop"
GOLDEN = Path(__file__).parent / "fixtures" / "legacy_shop.diff"


def convert(root: Path, model: Path) -> Project:
    project = Project.open(root)
    skip = frozenset({"requirements", "stores"})
    runner.convert(project, Settings(model_folder=model, skip=skip))
    return project


def test_the_whole_difference(tmp_path):
    # Renew with: python -m tests.migrate.test_example > tests/migrate/fixtures/legacy_shop.diff
    project = convert(EXAMPLE, model_folder(tmp_path / "model"))
    assert edits(project) == GOLDEN.read_text(encoding="utf-8")


def test_nothing_is_left_that_served_torch(tmp_path):
    project = convert(EXAMPLE, model_folder(tmp_path / "model"))
    assert [(str(user.path), user.served) for user in project.torch_users()] == [
        ("caption.py", False)
    ]
    for path in project.python():
        ast.parse(project.read(path))


def edits(project: Project) -> str:
    """The part of the diff about files that were there."""
    return as_diff(project).partition("--- /dev/null")[0]


if __name__ == "__main__":
    import sys
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        sys.stdout.write(edits(convert(EXAMPLE, model_folder(Path(folder)))))
