"""An app without a port: a worker on each host."""

from __future__ import annotations

import json

import pytest

from deploy.cli import main
from deploy.finding.plan import find_plan
from deploy.formats import FORMATS
from deploy.plan import Found
from deploy.repository import Repository
from tests.deploy.helpers import write
from tests.deploy.test_cli import FLASK

DISCORD = """\
import os
import discord
client = discord.Client(intents=discord.Intents.default())
client.run(os.environ["DISCORD_TOKEN"])
"""
OWN = "import irc_of_ours\nirc_of_ours.listen()\n"
MANIFEST = {"requirements.txt": "requests\n"}
SAID = '[deploy]\ncommand = "python bot.py"\nport = false\n'


@pytest.mark.parametrize(
    ("files", "port"),
    [
        pytest.param({"bot.py": DISCORD}, Found(None, "proposed for the framework"), id="seen"),
        pytest.param(
            {"bot.py": OWN, "Procfile": "# ours\nworker: python bot.py\n"},
            Found(None, "Procfile:2"),
            id="a worker of the Procfile",
        ),
        pytest.param(
            {"bot.py": FLASK + OWN, "Procfile": "worker: python bot.py\n"},
            Found(None, "Procfile:1"),
            id="one that has a page beside",
        ),
        pytest.param(
            {"bot.py": OWN, "fit512.toml": SAID}, Found(None, "fit512.toml:3"), id="said so"
        ),
        pytest.param(
            {"bot.py": OWN, "app.py": FLASK, "fit512.toml": SAID},
            Found(None, "fit512.toml:3"),
            id="said so, beside an app",
        ),
    ],
)
def test_the_plan_of_a_bot(files, port, tmp_path):
    plan = find_plan(Repository(write(tmp_path, {**MANIFEST, **files})))
    assert plan.port == port
    assert plan.command.value == "python bot.py"
    assert plan.manifest.value == "requirements.txt"


def test_a_worker_beside_a_web_process_is_not_the_app(tmp_path):
    processes = "worker: celery -A app worker\nweb: gunicorn app:app\n"
    write(tmp_path, {**MANIFEST, "app.py": FLASK, "Procfile": processes})
    assert find_plan(Repository(tmp_path)).port.value == "$PORT"


def test_a_worker_that_starts_something_else_is_not_the_app(tmp_path):
    write(tmp_path, {**MANIFEST, "app.py": FLASK, "Procfile": "worker: celery -A tasks worker\n"})
    assert find_plan(Repository(tmp_path)).command.value.startswith("gunicorn ")


def test_every_host_gets_a_worker(tmp_path, capsys):
    write(tmp_path, {"bot.py": DISCORD, "requirements.txt": "discord.py==2.4.0\n"})
    for host in ("render", "heroku", "railway", "docker", "fly"):
        assert main([host, str(tmp_path)]) == main([host, str(tmp_path), "--check"]) == 0
        if host == "render":
            assert "DISCORD_TOKEN; a worker is never free: starter\n" in capsys.readouterr().err
    service = FORMATS["yaml"].parse((tmp_path / "render.yaml").read_text())["services"][0]
    assert (service["type"], service["plan"]) == ("worker", "starter")
    assert "healthCheckPath" not in service
    assert (tmp_path / "Procfile").read_text() == "worker: python bot.py\n"
    app = json.loads((tmp_path / "app.json").read_text())
    assert app["formation"] == {"worker": {"quantity": 1, "size": "basic"}}
    assert "healthcheckPath" not in (tmp_path / ".railway/railway.py").read_text()
    assert "http_service" not in (tmp_path / "fly.toml").read_text()
