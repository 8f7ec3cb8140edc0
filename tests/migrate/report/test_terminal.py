from __future__ import annotations

import io

import pytest

from tests.migrate.helpers import path, write
from tools.migrate.lines import lines_before
from tools.migrate.project import Project
from tools.migrate.reporters import print_summary
from tools.migrate.result import Note


def project(tmp_path) -> Project:
    project = Project.open(write(tmp_path / "shop", {"a.py": "x = 1\n", "b.py": "", "c.pkl": ""}))
    project.write(path("a.py"), b"x = 2\n")
    project.write(path("new.py"), b"")
    project.delete(path("c.pkl"))
    project.note(Note("memory", "changed", "a.py", 1, "keeps 5 | no more"))
    project.note(Note("memory", "changed", "a.py", 1, "keeps 5 | no more"))  # said once
    project.note(Note("stores", "refused", "c.pkl", None, "calls os.system"))
    return project


def test_the_summary(tmp_path):
    stream = io.StringIO()
    print_summary(project(tmp_path), stream)
    assert stream.getvalue() == (
        "Changed:\n"
        "  a.py:1: keeps 5 | no more [memory]\n"
        "Refused:\n"
        "  c.pkl: calls os.system [stores]\n"
        "Nothing to convert in: b.py\n"
        "1 file changed, 1 file added, 1 file deleted\n"
    )


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({"a.py": ""}, "Nothing to convert in: a.py\nnothing to do\n"),
        ({"a.txt": ""}, "nothing to do: it holds no Python file\n"),
        (
            {"my notes/a.ipynb": "{}"},
            "nothing to do: it holds no Python but in notebooks (1), which are never rewritten\n",
        ),
    ],
)
def test_nothing_to_do(tmp_path, files, says):
    stream = io.StringIO()
    print_summary(Project.open(write(tmp_path, files)), stream)
    assert stream.getvalue() == says


def test_lines_of_the_file_as_it_was():
    before = b"a\nb\nc\nd\n"
    after = b"a\nnew\nB\nc\nd\nmore\n"
    found = lines_before(before, after)
    assert [found[line] for line in (1, 4, 5)] == [1, 3, 4]
    assert found[3] == 2
