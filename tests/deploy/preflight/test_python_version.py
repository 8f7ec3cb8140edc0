from __future__ import annotations

import pytest

from deploy.cli import main
from deploy.preflight import python_version
from tests.deploy.helpers import found, write

BLUEPRINT = """\
services:
  - type: web
    name: shop
    envVars: [{key: PYTHON_VERSION, value: "3.12.4"}]
"""


@pytest.mark.parametrize(
    ("text", "count"),
    [
        pytest.param("", 0, id="none"),
        pytest.param("# ours\n\n3.11\n", 0, id="one"),
        pytest.param("3.11.9\n", 0, id="a patch release"),
        pytest.param("3.11.9\n3.12.1\n", 1, id="two"),
        pytest.param("shop\n", 1, id="an environment"),
        pytest.param("shop-3.11\n", 1, id="an environment with a number"),
        pytest.param("3.11.9/envs/shop\n", 1, id="an environment by its path"),
        pytest.param("3.11.9\nshop\n", 2, id="both"),
    ],
)
@pytest.mark.parametrize("place", [".", "api"])
def test_a_host_takes_one_version(text, count, place, tmp_path):
    file = ".python-version" if place == "." else f"{place}/.python-version"
    write(tmp_path, {file: text})
    assert found(python_version, tmp_path, folder=place) == [("error", file)] * count


@pytest.mark.parametrize(
    ("text", "platform", "count"),
    [
        pytest.param("3.12.4\n", "render", 0, id="the same"),
        pytest.param("", "render", 0, id="no other"),
        pytest.param("3.11\n", "render", 1, id="another"),
        pytest.param("3.11\n", "heroku", 0, id="another host"),
    ],
)
def test_what_render_takes_first_is_told(text, platform, count, tmp_path):
    write(tmp_path, {".python-version": text, "render.yaml": BLUEPRINT})
    said = [("warning", "render.yaml:4: PYTHON_VERSION")] * count
    assert found(python_version, tmp_path, platform) == said


def test_the_file_is_named_before_anything_is_written(tmp_path, capsys):
    write(tmp_path, {"main.py": "from flask import Flask\napp = Flask('a')\n"})
    write(tmp_path, {"requirements.txt": "flask\ngunicorn\n", ".python-version": "shop-3.11\n"})
    assert main(["heroku", str(tmp_path)]) == 1
    assert "error: .python-version: 'shop-3.11' is no version" in capsys.readouterr().err
    assert (tmp_path / ".python-version").read_text() == "shop-3.11\n"
