"""What is found in a repository, and from where; fit512.toml wins."""

from __future__ import annotations

import json

import pytest

from deploy.cli import main
from deploy.finding.measured import read_profile
from deploy.finding.plan import find_plan
from deploy.finding.python_version import find_python
from deploy.plan import Found
from deploy.repository import Repository
from deploy.settings import read_settings
from tests.deploy.helpers import write
from tools.limits.content import content_sha256
from vectorstore.commandline import CommandError

APP = """\
import os
from fastapi import FastAPI
app = FastAPI()
KEY = os.environ["OPENAI_API_KEY"]
@app.get("/health")
def health(): return {}
"""


def test_each_value_has_its_source(tmp_path, capsys):
    files = {"main.py": APP, "requirements.txt": "fastapi\nuvicorn\nredis>=5\n"}
    files |= {".python-version": "3.12\n", ".env.example": "HF_TOKEN=\nDEBUG=1\n"}
    files |= {"fit512.toml": '[deploy]\nname = "My Shop"\n\n[deploy.environment]\nLOG = "info"\n'}
    write(tmp_path, files)
    assert main(["plan", str(tmp_path), "--json"]) == 0
    plan = json.loads(capsys.readouterr().out)["plan"]
    assert plan["name"] == {"value": "my-shop", "source": "fit512.toml:2"}
    assert plan["app"] == {"value": "main:app", "source": "main.py:3"}
    assert plan["command"]["value"] == "uvicorn main:app --host 0.0.0.0 --port $PORT --workers 1"
    assert plan["python"] == {"value": "3.12", "source": ".python-version:1"}
    assert plan["secrets"]["value"] == ["HF_TOKEN", "OPENAI_API_KEY"]
    assert plan["redis"] == {"value": True, "source": "requirements.txt: redis"}
    assert plan["environment"] == {
        "value": {"PYTHONUNBUFFERED": "1", "WEB_CONCURRENCY": "1", "LOG": "info"},
        "source": "fit512.toml:4",
    }
    assert plan["profile"]["value"] == "not measured"


def test_addresses_and_keys_of_clients_are_asked_for(tmp_path, capsys):
    code = "import os, openai\nos.getenv('MONGODB_URI')\nopenai.OpenAI()\n"
    files = {"main.py": f"{APP}{code}".replace("OPENAI_API_KEY", "HF_TOKEN")}
    write(tmp_path, {**files, "requirements.txt": "fastapi\n", ".env.example": "SENTRY_DSN=\n"})
    assert main(["plan", str(tmp_path), "--json"]) == 0
    secrets = json.loads(capsys.readouterr().out)["plan"]["secrets"]["value"]
    assert secrets == ["HF_TOKEN", "MONGODB_URI", "OPENAI_API_KEY", "SENTRY_DSN"]


def test_a_repository_without_an_app_is_exit_1(tmp_path, capsys):
    write(tmp_path, {"notes.py": "x = 1\n"})
    assert main(["plan", str(tmp_path)]) == 1
    said = capsys.readouterr().err
    assert f"{tmp_path}: no app was found. Write `command" in said
    assert "for a bot also `port = false`" in said


def test_an_app_that_is_named_and_not_there_is_exit_1(tmp_path, capsys):
    write(tmp_path, {"main.py": APP, "fit512.toml": "[deploy]\napp = 'x:y'\n"})
    assert main(["plan", str(tmp_path)]) == 1
    assert "fit512.toml names the app 'x:y', which was not found. Write" in capsys.readouterr().err


def test_the_plan_names_the_apps_it_did_not_take(tmp_path, capsys):
    write(tmp_path, {"main.py": APP, "admin/panel.py": APP, "requirements.txt": "fastapi\n"})
    assert main(["plan", str(tmp_path), "--json"]) == 0
    plan = json.loads(capsys.readouterr().out)["plan"]
    assert plan["app"] == {"value": "main:app", "source": "main.py:3; not admin/panel.py:3"}


def test_the_plan_tells_what_every_host_would_refuse(tmp_path, capsys):
    write(tmp_path, {"main.py": APP, "requirements.txt": "fastapi\nuvicorn\ntorch==2.7.0\n"})
    assert main(["plan", str(tmp_path), "--json"]) == 0
    out, err = capsys.readouterr()
    errors = [p for p in json.loads(out)["problems"] if p["severity"] == "error"]
    assert [(p["check"], p["where"]) for p in errors] == [("torch", "requirements.txt:3")]
    assert "error: requirements.txt:3: torch is installed" in err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[deploy]\n\nhealht = '/x'\n", "fit512.toml:3: healht: no such key"),
        ("[build]\nx = 1\n", "fit512.toml:1: build: no such table"),
        ("[deploy]\nkeep = 'one'\n", "fit512.toml:2: keep: 'one' is of the wrong kind"),
        ("[deploy\n", "fit512.toml: Expected"),
        ("deploy = 3\n", "fit512.toml:1: deploy: is a table"),
        ("[deploy]\ncommand = ' '\n", "fit512.toml:2: command: is empty"),
        ("[deploy]\nhealth = 'healthz'\n", "health: 'healthz' is no path such as /health"),
        ("[deploy]\nhealth = '/a b'\n", "health: '/a b' is no path such as /health"),
        ('[deploy]\nbuild = "a\\nb"\n', "build: 'a\\nb' is not one line"),
        ('[deploy.environment]\nA = "a\\nb"\n', "the value of A is not one line"),
        ("[deploy]\npython = 'latest'\n", "python: 'latest' is no version"),
        ("[deploy]\nname = '日本'\n", "fit512.toml:2: name: '日本' has no letter from a to z"),
        ("[deploy]\ninstances = 0\n", "instances: 0 is less than one"),
        ("[deploy]\nport = 'abc'\n", "port: 'abc' is neither $PORT nor a number"),
        ("[deploy]\nport = true\n", "port: True is neither $PORT nor a number"),
        ("[deploy]\nfolder = '../x'\n", "folder: '../x' leaves the repository"),
        ("[deploy]\nmanifest = 'no.txt'\n", "manifest: 'no.txt' is not there"),
        ("[deploy.environment]\n'bad name' = '1'\n", "'bad name' is no name of a variable"),
        ("[deploy.railway]\nx = 1\n", "fit512.toml:1: railway: 'x' is neither of the tables build"),
        ("[deploy.railway.deploy]\nnumReplicas = 0\n", "railway: deploy: 0 is less than"),
        ("[deploy.railway.deploy]\nstartCommand = 'a'\n", "deploy.startCommand is `command` of"),
    ],
)
def test_what_is_not_known_is_refused_with_its_line(text, said, tmp_path):
    write(tmp_path, {"fit512.toml": text})
    with pytest.raises(CommandError) as refused:
        read_settings(tmp_path)
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("files", "version"),
    [
        ({}, "3.11"),
        ({"runtime.txt": "python-3.10.12\n"}, "3.10.12"),
        ({".python-version": "# which\n3.12\n", "runtime.txt": "python-3.10.12\n"}, "3.12"),
        ({"pyproject.toml": "[project]\nrequires-python = '>=3.9'\n"}, "3.11"),
        ({"pyproject.toml": "[project]\nrequires-python = '>=3.13'\n"}, "3.13"),
        ({"pyproject.toml": "[project]\nrequires-python = '>=3.9,<3.11'\n"}, "3.10"),
        ({"pyproject.toml": "[tool.poetry.dependencies]\npython = '^3.12'\n"}, "3.12"),
        ({"pyproject.toml": "[tool.poetry.dependencies]\npython = '~3.10'\n"}, "3.10"),
        ({"Pipfile": "[requires]\npython_version = '3.10'\n"}, "3.10"),
    ],
)
def test_the_python_of_a_repository(files, version, tmp_path):
    assert find_python(Repository(write(tmp_path, files))).value == version


BLUEPRINT = """\
services:
  - type: web
    name: shop
    runtime: python
    envVars:
      - key: PYTHON_VERSION
        value: {}
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (BLUEPRINT.format("3.12.4"), Found("3.12.4", "render.yaml:7: PYTHON_VERSION")),
        (BLUEPRINT.format("3.12"), Found("3.10.12", "runtime.txt:1")),
        (BLUEPRINT.format("latest"), Found("3.10.12", "runtime.txt:1")),
        (BLUEPRINT.replace("python", "node").format("3.12.4"), Found("3.10.12", "runtime.txt:1")),
        ("services: [\n", Found("3.10.12", "runtime.txt:1")),
    ],
    ids=["said", "a number to Render", "no version", "another service", "no YAML"],
)
def test_the_python_of_a_render_yaml(text, expected, tmp_path):
    write(tmp_path, {"render.yaml": text, "runtime.txt": "python-3.10.12\n"})
    assert find_python(Repository(tmp_path)) == expected
    write(tmp_path, {".python-version": "3.13\n"})
    assert find_python(Repository(tmp_path)).value == "3.13"


def test_what_the_plan_gives_is_not_asked_for(tmp_path, capsys):
    code = f"{APP}os.environ['REDIS_URL'], os.environ['LOG'], os.environ['BACKEND']\n"
    files = {"main.py": code, "requirements.txt": "fastapi\nuvicorn\nredis==6.4.0\n"}
    write(tmp_path, {**files, "fit512.toml": '[deploy.environment]\nLOG = "info"\n'})
    assert main(["plan", str(tmp_path), "--json"]) == 0
    plan = json.loads(capsys.readouterr().out)["plan"]
    assert plan["secrets"]["value"] == ["BACKEND", "OPENAI_API_KEY"]


def test_the_python_of_the_apps_folder_wins(tmp_path):
    write(tmp_path, {".python-version": "3.12\n", "backend/.python-version": "3.13\n"})
    found = find_python(Repository(tmp_path), "backend")
    assert (found.value, found.source) == ("3.13", "backend/.python-version:1")


@pytest.mark.parametrize("platform", ["railway", "render"])
def test_the_python_is_said_in_the_folder_that_is_built(platform, tmp_path, capsys):
    write(tmp_path, {"backend/main.py": APP, "backend/requirements.txt": "fastapi\nuvicorn\n"})
    assert main([platform, str(tmp_path)]) == 0
    assert (tmp_path / "backend/.python-version").read_text() == "3.11\n"
    assert main([platform, str(tmp_path), "--check"]) == 0


LAYOUTS = {
    "backend": ("backend", "pip install -r requirements.txt", "uvicorn main:app"),
    ".": (None, "pip install -r requirements.txt", "cd backend && exec uvicorn main:app"),
}


@pytest.mark.parametrize("place", LAYOUTS)
def test_a_host_is_given_the_folder_that_has_the_manifest(place, tmp_path, capsys):
    root, build, start = LAYOUTS[place]
    write(tmp_path, {"backend/main.py": APP, f"{place}/requirements.txt": "fastapi\nuvicorn\n"})
    assert main(["render", str(tmp_path)]) == main(["docker", str(tmp_path)]) == 0
    text = (tmp_path / "render.yaml").read_text()
    assert (f'rootDir: "{root}"\n' in text) == (root is not None)
    assert f'buildCommand: "{build}"\n' in text
    assert f'startCommand: "{start} --host' in text


SERVER = " --host 0.0.0.0 --port $PORT --workers 1"


@pytest.mark.parametrize(
    ("line", "start"),
    [
        ("python src/main.py", "python src/main.py"),
        ("uvicorn --app-dir src main:app", "uvicorn --app-dir src main:app" + SERVER),
        ("uvicorn src.main:app", "uvicorn src.main:app" + SERVER),
        ("cd src && uvicorn main:app", "cd src && exec uvicorn main:app" + SERVER),
    ],
)
def test_a_command_runs_in_the_folder_in_which_a_procfile_runs_it(line, start, tmp_path, capsys):
    write(tmp_path, {"src/main.py": APP, "requirements.txt": "fastapi\nuvicorn\n"})
    write(tmp_path, {"Procfile": f"web: {line}\n"})
    assert main(["render", str(tmp_path)]) == 0
    assert f'startCommand: "{start}"\n' in (tmp_path / "render.yaml").read_text()
    assert (tmp_path / "src/.python-version").exists() == line.startswith("cd ")


def test_a_manifest_of_powershell_is_read(tmp_path, capsys):
    write(tmp_path, {"main.py": APP})
    (tmp_path / "requirements.txt").write_text("fastapi\nuvicorn\ntorch==2.7.0\n", "utf-16")
    assert main(["render", str(tmp_path)]) == 1
    assert "requirements.txt:3: torch is installed" in capsys.readouterr().err


def test_a_profile_counts_for_the_code_that_it_is_of(tmp_path):
    write(tmp_path, {"main.py": APP})
    figure = {"median": 140.0, "min": 139.0, "max": 141.26, "spread": 0.01}
    gain = {"name": "MALLOC_ARENA_MAX=2", "gain_mib": {**figure, "min": 6.0}}
    content = {"paths": ["main.py"], "sha256": content_sha256(tmp_path, ["main.py"])}
    report = {"schema": 1, "content": content, "peak": {"working_set_mib": figure}}
    report["malloc"] = {"settings": [gain]}
    write(tmp_path, {"reports/profile.json": json.dumps(report)})
    measured = read_profile(tmp_path)
    assert (measured.profile.value, measured.peak_mib.value) == ("measured", 141.3)
    assert measured.malloc == {"MALLOC_ARENA_MAX": "2"}
    write(tmp_path, {"main.py": APP + "# changed\n"})
    assert read_profile(tmp_path).profile.value == "measured on other code"


def test_a_bot_gets_the_smallest_plan_of_render_that_runs_it(tmp_path):
    bot = "from telegram.ext import Application\n\nApplication.builder().build().run_polling()\n"
    write(tmp_path, {"bot.py": bot, "requirements.txt": "python-telegram-bot==21.0\n"})
    plan = find_plan(Repository(tmp_path))
    assert plan.port.value is None
    assert plan.render_plan == Found("starter", "default: free, which runs no worker")


PROJECT = "[project]\nname = 'shop'\nversion = '1'\ndependencies = ['fastapi', 'redis']\n"


@pytest.mark.parametrize("lock", ["uv.lock", "poetry.lock"])
def test_the_lock_beside_a_pyproject_is_installed(lock, tmp_path):
    write(tmp_path, {"main.py": APP, "pyproject.toml": PROJECT, lock: ""})
    plan = find_plan(Repository(tmp_path))
    assert plan.manifest == Found(lock, "the lock beside pyproject.toml")
    assert plan.redis == Found(True, "pyproject.toml: redis")


def test_a_manifest_that_is_named_wins_over_a_lock(tmp_path):
    write(tmp_path, {"main.py": APP, "pyproject.toml": PROJECT, "uv.lock": ""})
    write(tmp_path, {"fit512.toml": "[deploy]\nmanifest = 'pyproject.toml'\n"})
    assert find_plan(Repository(tmp_path)).manifest == Found("pyproject.toml", "fit512.toml:2")


def test_a_name_of_other_letters_is_said_to_be_none(tmp_path):
    write(tmp_path, {"main.py": APP, "pyproject.toml": "[project]\nname = '日本'\n"})
    said = "pyproject.toml: name has no letter that a host takes: say `name`"
    assert find_plan(Repository(tmp_path)).name == Found("app", said)
