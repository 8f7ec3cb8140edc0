"""A service that render.yaml has already is taken over; no second one appears beside it."""

from __future__ import annotations

import pytest

from deploy.cli import main
from deploy.finding.plan import find_plan
from deploy.formats import FORMATS
from deploy.repository import Repository
from tests.deploy.helpers import write

APP = {
    "main.py": """\
        from fastapi import FastAPI

        app = FastAPI()


        @app.get("/health")
        def health():
            return {}
        """,
    "requirements.txt": "fastapi==0.115.0\nuvicorn==0.30.0\n",
}
MINE = """\
# by hand
services:
- type: web
  name: support_api   # known to customers
  env: python
  plan: 1c-2g
  region: frankfurt
  buildCommand: pip install -r requirements.txt
  startCommand: uvicorn main:app --host 0.0.0.0 --port $PORT --workers 4
"""
WORKER = """\
- type: worker
  name: nightly
  runtime: python
  startCommand: python nightly.py
"""


ADMIN = "- type: web\n  name: admin\n  runtime: python\n"


def read(root):
    return FORMATS["yaml"].parse((root / "render.yaml").read_text())


@pytest.mark.parametrize(
    ("blueprint", "settings", "expected"),
    [
        pytest.param(MINE, "", ("support_api", "render.yaml:4"), id="the only one"),
        pytest.param(MINE + WORKER, "", ("support_api", "render.yaml:4"), id="beside a worker"),
        pytest.param(
            MINE + ADMIN.replace("python", "static"),
            "",
            ("support_api", "render.yaml:4"),
            id="beside a static page",
        ),
        pytest.param(MINE + ADMIN, "", ("shop", "the folder's name"), id="one of two"),
        pytest.param(
            MINE + ADMIN,
            '[deploy]\nname = "admin"\n',
            ("admin", "render.yaml:11"),
            id="one of two, named",
        ),
        pytest.param(
            MINE + ADMIN.replace("admin", "shop"), "", ("shop", "render.yaml:11"), id="called so"
        ),
        pytest.param(
            MINE, '[deploy]\nname = "support_api"\n', ("support_api", "render.yaml:4"), id="named"
        ),
        pytest.param(MINE, '[deploy]\nname = "New"\n', ("new", "fit512.toml:2"), id="another"),
        pytest.param("services: []\n", "", ("shop", "the folder's name"), id="none"),
        pytest.param("- services: [", "", ("shop", "the folder's name"), id="no YAML"),
        pytest.param(
            MINE.replace("python", "node"), "", ("shop", "the folder's name"), id="not Python"
        ),
    ],
)
def test_the_name_on_render(tmp_path, blueprint, settings, expected):
    root = write(tmp_path / "shop", {**APP, "render.yaml": blueprint, "fit512.toml": settings})
    found = find_plan(Repository(root)).render_name
    assert (found.value, found.source) == expected


@pytest.mark.parametrize(
    ("text", "settings", "expected"),
    [
        pytest.param(MINE, "", ("1c-2g", "render.yaml:6"), id="there"),
        pytest.param(
            MINE.replace("  plan: 1c-2g\n", ""),
            "",
            ("starter", "render.yaml:4 has no plan, which is starter"),
            id="none",
        ),
        pytest.param(MINE, '[deploy]\nname = "new"\n', ("free", "default"), id="one service more"),
        pytest.param(
            MINE, '[deploy]\nrender_plan = "2c-4g"\n', ("pro", "fit512.toml:2"), id="another"
        ),
    ],
)
def test_the_plan_on_render(tmp_path, text, settings, expected):
    root = write(tmp_path / "shop", {**APP, "render.yaml": text, "fit512.toml": settings})
    found = find_plan(Repository(root)).render_plan
    assert (found.value, found.source) == expected


@pytest.mark.parametrize("plan", ["huge", "[1]"])
def test_a_plan_that_is_not_known_is_never_made_free(tmp_path, plan, capsys):
    root = write(tmp_path / "shop", {**APP, "render.yaml": MINE.replace("1c-2g", plan)})
    assert main(["render", str(root), "--force"]) == 2
    assert f"render.yaml:6: '{plan}' is no plan of Render" in capsys.readouterr().err


def test_without_force_a_blueprint_of_a_person_stays(tmp_path):
    root = write(tmp_path / "shop", {**APP, "render.yaml": MINE})
    assert main(["render", str(root)]) == 1
    assert (root / "render.yaml").read_text() == MINE


@pytest.mark.parametrize("out", ["shop", "out"])
def test_the_line_ends_of_a_person_stay(tmp_path, out):
    root = write(tmp_path / "shop", APP)
    (root / "render.yaml").write_bytes(MINE.replace("\n", "\r\n").encode())
    assert main(["render", str(root), "--force", "--out", str(tmp_path / out)]) == 0
    written = (tmp_path / out / "render.yaml").read_bytes()
    assert written.count(b"\r\n") == written.count(b"\n") > MINE.count("\n")
    assert b"\r" not in (tmp_path / out / ".python-version").read_bytes()


def test_force_takes_the_service_over_in_its_layout(tmp_path):
    root = write(tmp_path / "shop", {**APP, "render.yaml": MINE})
    assert main(["render", str(root), "--force"]) == 0
    text, services = (root / "render.yaml").read_text(), read(root)["services"]
    assert [service["name"] for service in services] == ["support_api"]
    assert text.startswith(
        MINE.partition("  buildCommand")[0].replace("  env: python", "  runtime: python")
    )
    assert services[0]["startCommand"].endswith("--workers 1")
    assert main(["render", str(root), "--check"]) == 0
