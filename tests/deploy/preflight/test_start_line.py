from __future__ import annotations

from dataclasses import replace

import pytest

from deploy.cli import main
from deploy.plan import Found
from deploy.preflight import start_line
from deploy.preflight.context import Context
from deploy.repository import Repository
from tests.deploy.helpers import a_plan, found, write


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        pytest.param("gunicorn main:app", [], id="one"),
        pytest.param("python manage.py migrate && gunicorn main:app", [], id="in a row"),
        pytest.param("a; b || exec gunicorn 'main:app()' 2>&1", [], id="all that is in a row"),
        pytest.param("gunicorn main:app & python bot.py", [("error", "a test")], id="background"),
        pytest.param("gunicorn main:app | tee log", [("error", "a test")], id="a pipe"),
        pytest.param("a && gunicorn b:c) -w 1", [("error", "a test")], id="half a shell"),
        pytest.param("if a; then gunicorn b:c; fi", [("error", "a test")], id="a condition"),
    ],
)
def test_programs_at_once_are_refused(command, expected, tmp_path):
    assert found(start_line, tmp_path, command=command) == expected


@pytest.mark.parametrize("source", ["fit512.toml:2", "railway.json, now in fit512.toml"])
def test_what_a_person_wrote_for_the_host_is_theirs(source, tmp_path):
    plan = replace(a_plan(), command=Found("a & b", source))
    assert list(start_line.check(Context(plan, Repository(tmp_path), "render", 512.0))) == []


def test_the_line_and_what_to_do_are_named(tmp_path, capsys):
    files = {"main.py": "from flask import Flask\napp = Flask('a')\n", "worker.py": ""}
    files |= {"Procfile": "web: gunicorn -w 2 main:app & python worker.py\n"}
    write(tmp_path, {**files, "requirements.txt": "flask\ngunicorn\n"})
    assert main(["render", str(tmp_path)]) == 1
    said = "error: Procfile:1: `gunicorn -w 2 main:app & python worker.py` runs several programs"
    assert said in (err := capsys.readouterr().err)
    assert 'command = "…", below [deploy] in fit512.toml' in err
    write(tmp_path, {"fit512.toml": '[deploy]\ncommand = "gunicorn --workers 1 main:app"\n'})
    assert main(["render", str(tmp_path)]) == 0


@pytest.mark.parametrize(
    ("script", "count"),
    [
        pytest.param("#!/bin/sh\nset -e\ncd api\ngunicorn main:app\n", 0, id="the server alone"),
        pytest.param("#!/bin/sh\npython manage.py migrate\n\ngunicorn main:app\n", 1, id="more"),
    ],
)
def test_lines_of_a_script_that_are_left_out_are_told(script, count, tmp_path):
    write(tmp_path, {"run.sh": script})
    plan = replace(a_plan(), command=Found("gunicorn main:app", "run.sh:4 (changed for the host)"))
    problems = list(start_line.check(Context(plan, Repository(tmp_path), "render", 512.0)))
    assert [(each.severity, each.where) for each in problems] == [("warning", "run.sh:4")] * count
