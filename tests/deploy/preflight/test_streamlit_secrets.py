from __future__ import annotations

import pytest

from deploy.preflight import streamlit_secrets
from tests.deploy.helpers import found, write


@pytest.mark.parametrize(
    ("code", "framework", "count"),
    [
        pytest.param("\nst.secrets['A_KEY']\nst.secrets['B']\n", "streamlit", 1, id="read"),
        pytest.param("\nkey = os.environ['A_KEY']\n", "streamlit", 0, id="the environment"),
        pytest.param("\nsettings.secrets['A_KEY']\n", "streamlit", 0, id="of another object"),
        pytest.param("\nst.secrets['A_KEY']\n", "fastapi", 0, id="no such app"),
    ],
)
def test_what_no_host_gives_is_a_warning(code, framework, count, tmp_path):
    write(tmp_path, {"app.py": code})
    seen = found(streamlit_secrets, tmp_path, framework=framework)
    assert seen == [("warning", "app.py:2")] * count
