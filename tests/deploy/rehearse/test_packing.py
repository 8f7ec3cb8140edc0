"""What is in a slug."""

from __future__ import annotations

import random
from pathlib import PurePosixPath

import pytest

from deploy.heroku.slug import ignored
from deploy.rehearse.building import Built
from deploy.rehearse.packing import packed_mib
from tests.deploy.helpers import a_plan, write


@pytest.mark.parametrize(
    ("pattern", "path", "left_out"),
    [
        ("/docs/", "docs/index.md", True),
        ("/docs/", "shop/docs/index.md", False),
        ("*.ipynb", "shop/try.ipynb", True),
        ("docs", "shop/docs/index.md", True),
        ("shop/docs", "shop/docs/index.md", True),
        ("# docs", "docs/index.md", False),
        ("", "docs/index.md", False),
        ("/Dockerfile", "Dockerfile", True),
    ],
)
def test_slugignore(pattern, path, left_out):
    assert ignored(PurePosixPath(path), [pattern]) == left_out


@pytest.fixture
def built(tmp_path):
    """Noise does not get smaller: 1 MiB stays 1 MiB."""
    noise = random.Random(1).randbytes(2**20)
    root = write(tmp_path / "app", {"main.py": "", "models/x": "", "docs/x": "", ".slugignore": ""})
    write(tmp_path / "env", {"lib/x": ""})
    for path in ("app/main.py", "app/models/x", "app/docs/x", "env/lib/x"):
        (tmp_path / path).write_bytes(noise)
    return Built(root, tmp_path / "env", "3.11.7")


@pytest.mark.parametrize(
    ("keep", "patterns", "size_mib"),
    [
        pytest.param((), "", 4, id="all"),
        pytest.param((), "/docs/\n", 3, id="left out"),
        pytest.param(("models",), "", 3, id="only what is kept"),
        pytest.param(("models",), "/main.py\n", 2, id="both"),
    ],
)
def test_the_size_of_what_is_packed(built, keep, patterns, size_mib):
    (built.checkout / ".slugignore").write_text(patterns, "utf-8")
    assert round(packed_mib(a_plan(keep=keep), built), 1) == size_mib
