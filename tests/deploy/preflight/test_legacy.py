from __future__ import annotations

from deploy.preflight import legacy
from tests.deploy.helpers import found, write


def test_an_old_railway_file_is_named_on_railway_alone(tmp_path):
    write(tmp_path, {"railway.toml": ""})
    assert found(legacy, tmp_path, platform="railway") == [("warning", "railway.toml")]
    assert found(legacy, tmp_path, platform="render") == []
