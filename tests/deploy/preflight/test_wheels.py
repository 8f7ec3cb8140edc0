from __future__ import annotations

import pytest

from deploy.preflight import wheels
from tests.deploy.helpers import found, write


@pytest.mark.parametrize(
    ("line", "python", "expected"),
    [
        pytest.param("numpy==1.26.4", "3.11", [], id="has one"),
        pytest.param("numpy==1.26.4", "3.13.1", [("error", "requirements.txt:2")], id="too old"),
        pytest.param("numpy>=1.26", "3.13", [], id="not pinned"),
        pytest.param("fastapi==0.1.0", "3.14", [], id="pure Python"),
        pytest.param(
            "numpy==1.26.4 \\\n    --hash=sha256:00",
            "3.13",
            [("error", "requirements.txt:2")],
            id="with a hash",
        ),
    ],
)
def test_a_pin_that_is_older_than_the_python(line, python, expected, tmp_path):
    write(tmp_path, {"requirements.txt": f"# pinned\n{line}\n"})
    assert found(wheels, tmp_path, python=python) == expected
