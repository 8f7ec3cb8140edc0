from __future__ import annotations

import pytest

from deploy.preflight import main_only
from tests.deploy.helpers import found


@pytest.mark.parametrize(
    ("values", "count"),
    [
        pytest.param({}, 0, id="at the top of the module"),
        pytest.param({"made": "main", "command": "python app.py"}, 1, id="below __main__"),
        pytest.param({"made": "main", "command": "python -m shop"}, 0, id="a package that starts"),
        pytest.param({"made": "script", "framework": "streamlit"}, 0, id="a script"),
    ],
)
def test_an_app_that_no_server_can_import(values, count, tmp_path):
    assert found(main_only, tmp_path, **values) == [("warning", "a test")] * count
