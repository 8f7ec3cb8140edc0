from __future__ import annotations

import pytest

from deploy.preflight import guessed_start
from tests.deploy.helpers import found


@pytest.mark.parametrize(
    ("values", "platform", "count"),
    [
        pytest.param({"app": "main:app"}, "railway", 0, id="what Railpack guesses"),
        pytest.param({"app": "app:app"}, "railway", 1, id="another file"),
        pytest.param({"app": "app:app"}, "render", 0, id="Render guesses nothing"),
        pytest.param({"app": None, "framework": "streamlit"}, "railway", 0, id="no server"),
    ],
)
def test_another_start_is_a_warning(values, platform, count, tmp_path):
    assert found(guessed_start, tmp_path, platform, **values) == [("warning", "a test")] * count
