from __future__ import annotations

import pytest

from deploy.cli import main
from deploy.preflight import services
from tests.deploy.helpers import found, write
from tests.deploy.test_plan import APP

ONE = "services:\n- type: web\n  name: api\n  runtime: python\n"
TWO = ONE + "- type: web\n  name: admin\n  runtime: python\n"


@pytest.mark.parametrize(
    ("text", "platform", "name", "expected"),
    [
        pytest.param(TWO, "render", "shop", [("error", "render.yaml:3")], id="several"),
        pytest.param(TWO, "render", "admin", [], id="one of them"),
        pytest.param(TWO, "heroku", "shop", [], id="another host"),
        pytest.param(ONE, "render", "shop", [], id="one"),
        pytest.param(TWO.replace("web", "worker"), "render", "shop", [], id="without a port"),
    ],
)
def test_which_service_it_is(tmp_path, text, platform, name, expected):
    write(tmp_path, {"render.yaml": text})
    assert found(services, tmp_path, platform, render_name=name) == expected


def test_the_question_is_answered_in_the_settings(tmp_path, capsys):
    files = {"main.py": APP, "requirements.txt": "fastapi\nuvicorn\n", "render.yaml": TWO}
    write(tmp_path / "shop", files)
    question = "error: render.yaml:3: which of api, admin is this app? Write name"
    assert main(["render", str(tmp_path / "shop")]) == 1
    assert question in capsys.readouterr().err
    write(tmp_path / "shop", {"fit512.toml": '[deploy]\nname = "admin"\n'})
    assert main(["render", str(tmp_path / "shop"), "--force"]) == 0
    assert question not in capsys.readouterr().err
    text = (tmp_path / "shop/render.yaml").read_text()
    assert (text.startswith(ONE), text.count("name: ")) == (True, 2)
