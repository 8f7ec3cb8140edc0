from __future__ import annotations

import os

import pytest

from deploy.preflight import slug
from tests.deploy.helpers import found, write


@pytest.mark.parametrize(
    ("size_mb", "platform", "ignored", "expected"),
    [
        pytest.param(299, "heroku", "", [], id="small"),
        pytest.param(400, "heroku", "", [("warning", ".slugignore")], id="large"),
        pytest.param(1001, "heroku", "", [("error", ".slugignore")], id="over the limit"),
        pytest.param(1001, "heroku", "*.bin\n", [], id="ignored"),
        pytest.param(1001, "render", "", [], id="no slug"),
    ],
)
def test_room_is_left_for_packages(size_mb, platform, ignored, expected, tmp_path):
    write(tmp_path, {"model.bin": "", ".slugignore": ignored})
    os.truncate(tmp_path / "model.bin", size_mb * 1_000_000)  # takes no space: it has no content
    assert found(slug, tmp_path, platform) == expected
