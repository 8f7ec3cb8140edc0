"""Real builds and real runs of a small app without requirements."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from deploy.cli import main
from deploy.plan import Found
from deploy.prepare import prepare
from deploy.rehearse.command import rehearse
from deploy.rehearse.host import HOSTS
from deploy.repository import Repository
from tests.deploy.helpers import write

pytestmark = pytest.mark.slow
SERVER = """\
import http.server, os, sys

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        railway = "RAILWAY_ENVIRONMENT_NAME" in os.environ
        asked = self.headers["Host"] == "healthcheck.railway.app"
        self.send_response(200 if asked == railway and self.path == "/health" else 400)
        self.end_headers()

http.server.HTTPServer(("0.0.0.0", int(os.environ["PORT"])), Handler).serve_forever()
"""
PARTICULAR = SERVER.replace("asked == railway", 'self.headers["Host"] == "localhost"')
STUBBORN = "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + SERVER
SILENT = "import time\ntime.sleep(600)\n"
SETTINGS = """\
[deploy]
command = "python main.py"
health = "/health"
port = "$PORT"
manifest = "requirements.txt"
"""


@pytest.fixture
def app(tmp_path):
    def make(code: str):
        files = {"requirements.txt": "", ".python-version": "3.11\n", "fit512.toml": SETTINGS}
        return write(tmp_path / "app", {**files, "main.py": code})

    return make


def test_each_host_runs_it_and_the_report_says_so(app, tmp_path, capsys):
    out = tmp_path / "rehearse.json"
    assert main(["rehearse", "all", str(app(SERVER)), "--json", "--out", str(out)]) == 0
    document = json.loads(capsys.readouterr().out)
    assert json.loads(out.read_text("utf-8")) == document
    seen = {host["host"]: (host["error"], host["health"]) for host in document["apps"][0]["hosts"]}
    assert seen == {"render": (None, 200), "heroku": (None, None), "railway": (None, 200)}


@pytest.mark.parametrize(
    ("code", "host", "error"),
    [
        pytest.param(
            SILENT,
            replace(HOSTS["heroku"], ready_s=1),
            "nothing answered on port",
            id="binds no port",
        ),
        pytest.param(
            STUBBORN,
            replace(HOSTS["render"], grace_s=1),
            "it still ran 1 s after SIGTERM and was killed",
            id="ignores SIGTERM",
        ),
        pytest.param(
            SERVER.replace("0.0.0.0", "127.0.0.1"),
            replace(HOSTS["heroku"], ready_s=2),
            "it listens on 127.0.0.1 alone",
            id="hidden",
        ),
        *(
            pytest.param(
                PARTICULAR,
                HOSTS[name],
                f"it answers 400 to whoever asks for {asked}, and not to localhost",
                id=f"refuses the name on {name}",
            )
            for name, asked in (
                ("render", "app.onrender.com"),
                ("heroku", "app.herokuapp.com"),
                ("railway", "healthcheck.railway.app"),
            )
        ),
        pytest.param(
            "raise SystemExit('no key')", HOSTS["railway"], "it ended with 1: no key", id="ends"
        ),
    ],
)
def test_what_a_host_would_refuse(app, code, host, error):
    repository = Repository(app(code))
    (played,) = rehearse([host], prepare(repository, ask=False), repository, 512.0)
    assert played.error is not None
    assert played.error.startswith(error)


def test_a_build_that_fails_is_a_no_with_its_last_lines(app, capsys):
    root = app(SERVER)
    (root / "requirements.txt").write_text("./no-such-folder\n", "utf-8")
    assert main(["rehearse", "heroku", str(root)]) == 1
    assert "pip install -r requirements.txt` ended with 1" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("code", "error"),
    [
        pytest.param("import no_such_module", "it ended with 1: Traceback", id="ends"),
        pytest.param(SILENT, None, id="polls"),
    ],
)
def test_a_bot_has_to_go_on_running(code, error, tmp_path):
    settings = '[deploy]\ncommand = "python bot.py"\napp = "bot.py"\n'
    files = {"requirements.txt": "", "bot.py": code, "fit512.toml": settings}
    repository = Repository(write(tmp_path / "bot", files))
    prepared = prepare(repository, ask=False)
    bot = replace(prepared, plan=replace(prepared.plan, port=Found(None, "a test")))
    (played,) = rehearse([HOSTS["heroku"]], bot, repository, 512.0)
    assert (played.error or "")[:26] == (error or "")
    assert played.packed_mib is not None
    assert played.packed_mib < played.installed_mib
