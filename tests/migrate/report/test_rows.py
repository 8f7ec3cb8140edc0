from __future__ import annotations

from pathlib import Path

import pytest

from tests.migrate.helpers import write
from tools.migrate.project import Project
from tools.migrate.report.rows import rows
from tools.migrate.result import Note

APP = "from flask import Flask\napp = Flask(__name__)\n"


def _notes(path: str, count: int) -> list[Note]:
    return [Note("quiet", "changed", path, line, f"a | {line}") for line in range(1, count + 1)]


@pytest.mark.parametrize(
    ("path", "count", "shown"),
    [
        pytest.param("app.py", 4, ["`app.py:1`", "`app.py:2`", "`app.py:3`", "`app.py:4`"], id="served"),
        pytest.param("ingest.py", 2, ["`ingest.py:1`", "`ingest.py:2`"], id="a script, few"),
        pytest.param("ingest.py", 5, ["`ingest.py:1`", "`ingest.py:2`", "`ingest.py`"], id="a script, many"),
        pytest.param("requirements.txt", 3, [f"`requirements.txt:{n}`" for n in (1, 2, 3)], id="no code"),
    ],
)  # fmt: skip
def test_rows(tmp_path: Path, path: str, count: int, shown: list[str]) -> None:
    project = Project.open(write(tmp_path, {"app.py": APP, "ingest.py": "x = 1\n"}))
    found = list(rows(project, _notes(path, count)))
    assert [where for where, _, _ in found] == shown
    assert found[0] == (f"`{path}:1`", "a \\| 1", "quiet")
    if shown[-1] == "`ingest.py`":
        assert found[-1] == (
            "`ingest.py`",
            "3 more of this script, which is not served: all are in `migrate.json`",
            "quiet",
        )


def test_where_nothing_is_served_all_are_shown(tmp_path: Path) -> None:
    project = Project.open(write(tmp_path, {"ingest.py": "x = 1\n"}))
    assert len(list(rows(project, _notes("ingest.py", 6)))) == 6
