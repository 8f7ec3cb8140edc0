"""What railway.json says is kept by the conversion, and by every run after it."""

from __future__ import annotations

import json
import tomllib

import pytest
import tomlkit

from deploy.cli import main
from deploy.railway.checks import evaluate
from tests.deploy.helpers import write
from tests.deploy.test_cli import FILES

BUILD = {"watchPatterns": ["src/**"], "railpackVersion": "0.9.0"}
DEPLOY = {
    "healthcheckTimeout": 60,
    "restartPolicyType": "ALWAYS",
    "preDeployCommand": ["python migrate.py"],
    "numReplicas": 3,
    "cronSchedule": "0 1 * * *",
    "region": "europe-west4",
    "sleepApplication": True,
    "limitOverride": {"containers": {"memoryBytes": 512000000}},
    "multiRegionConfig": {"europe-west4": {"numReplicas": 3}},
}
START = "uvicorn main:app --port $PORT --workers 4 --log-level warning"
HOSTED = "uvicorn main:app --port $PORT --workers 1 --log-level warning --host 0.0.0.0"
BECOMES = f"deploy.startCommand becomes `{HOSTED}`, so that Railway reaches it [converted]"
OLD = {
    "$schema": "https://railway.com/railway.schema.json",
    "build": {**BUILD, "buildCommand": "pip install -r requirements.txt && python make.py"},
    "deploy": {**DEPLOY, "startCommand": START, "healthcheckPath": "/ready"},
}


def service(root):
    graph = evaluate((root / ".railway/railway.py").read_text())
    (found,) = graph["resources"]
    return found


def said(capsys):
    lines = capsys.readouterr().err.splitlines()
    return [line.partition(": ")[2] for line in lines if line.endswith("[converted]")]


@pytest.mark.parametrize("name", ["railway.json", "railway.toml"])
def test_nothing_is_lost_by_the_conversion_nor_after_it(name, tmp_path, capsys):
    text = json.dumps(OLD) if name.endswith("json") else tomlkit.dumps(OLD)
    write(tmp_path, {**FILES, name: text})
    assert main(["railway-convert", str(tmp_path)]) == 0
    lines = capsys.readouterr().err
    assert "deploy.numReplicas is 3, and nothing shares their conversations [instances]" in lines
    converted = [line for line in lines.splitlines() if line.endswith("[converted]")]
    assert converted == [
        f"warning: {name}: {BECOMES}",
        f"warning: {name}: the start command has 4 workers, each with a model of its own, and 1 in the program [converted]",
    ]
    written = (tmp_path / "fit512.toml").read_text()
    assert tomllib.loads(written)["deploy"] == {
        "build": "python make.py",
        "command": HOSTED,
        "health": "/ready",
        "railway": {"build": BUILD, "deploy": DEPLOY},
    }
    (tmp_path / name).unlink()
    for command in (["railway", "--check"], ["railway"], ["railway", "--check"]):
        assert main([*command, str(tmp_path)]) == 0
        made = service(tmp_path)
        assert made["build"] == {"builder": "RAILPACK", "buildCommand": "python make.py", **BUILD}
        assert made["deploy"].items() >= {**OLD["deploy"], "startCommand": HOSTED}.items()
    assert (tmp_path / "fit512.toml").read_text() == written


def test_a_second_conversion_changes_nothing(tmp_path):
    write(tmp_path, {**FILES, "railway.json": json.dumps(OLD)})
    files = [tmp_path / "fit512.toml", tmp_path / ".railway/railway.py"]
    assert main(["railway-convert", str(tmp_path)]) == 0
    before = [file.read_bytes() for file in files]
    assert main(["railway-convert", str(tmp_path)]) == 0
    assert [file.read_bytes() for file in files] == before


def test_what_says_what_is_generated_anyway_needs_no_line(tmp_path, capsys):
    old = {"build": {"builder": "railpack"}, "deploy": {"restartPolicyType": "on_failure"}}
    write(tmp_path, {**FILES, "railway.json": json.dumps(old)})
    assert main(["railway-convert", str(tmp_path)]) == 0
    assert said(capsys) == []
    assert not (tmp_path / "fit512.toml").exists()


def test_what_fit512_says_stays_with_its_comments(tmp_path, capsys):
    mine = '# ours\n[deploy]\ncommand = "python -m shop" # known\n\n[deploy.environment]\nA = "1"\n'
    old = {"deploy": {"startCommand": START, "cronSchedule": "0 1 * * *"}}
    write(tmp_path, {**FILES, "railway.json": json.dumps(old), "fit512.toml": mine})
    assert main(["railway-convert", str(tmp_path)]) == 0
    assert (tmp_path / "fit512.toml").read_text().startswith(mine.partition("\n\n")[0])
    assert said(capsys) == [
        f"railway.json: {BECOMES}",
        "railway.json: the start command has 4 workers, each with a model of its own, and 1 in the program [converted]",
        f"railway.json: command is {HOSTED!r} there, and stays as fit512.toml says it [converted]",
    ]
    assert service(tmp_path)["deploy"]["startCommand"] == "python -m shop"
    assert service(tmp_path)["deploy"]["cronSchedule"] == "0 1 * * *"


def test_what_cannot_be_said_is_named(tmp_path, capsys):
    old = {
        "build": {"builder": "NIXPACKS", "nixpacksVersion": "1.2"},
        "deploy": {
            "registryCredentials": {"username": "me", "password": "hunter2"},
            "numReplicas": "two",
            "oldKey": 1,
        },
        "environments": {"staging": {"deploy": {"numReplicas": 1}}},
    }
    write(tmp_path, {**FILES, "railway.json": json.dumps(old)})
    assert main(["railway-convert", str(tmp_path)]) == 0
    lines = said(capsys)
    assert "hunter2" not in "".join(lines)
    assert [line.removeprefix("railway.json: ") for line in lines] == [
        "environments.staging has to be put over by hand [converted]",
        "build.builder is left out: the program builds with RAILPACK [converted]",
        "build.nixpacksVersion is left out: the program builds with RAILPACK [converted]",
        "deploy.registryCredentials is a secret, and stays on Railway: set it in the dashboard [converted]",
        "deploy.numReplicas has to be put over by hand: 'two' is not valid under any of the given schemas [converted]",
        "deploy.oldKey has to be put over by hand: Additional properties are not allowed ('oldKey' was unexpected) [converted]",
    ]


def test_an_image_of_a_folder_is_still_built_of_it(tmp_path):
    build = {"builder": "DOCKERFILE", "dockerfilePath": "docker/Dockerfile"}
    write(tmp_path, {**FILES, "railway.json": json.dumps({"build": build})})
    assert main(["railway-convert", str(tmp_path)]) == main(["railway", str(tmp_path)]) == 0
    assert service(tmp_path)["build"] == build


@pytest.mark.parametrize(
    ("command", "kept"),
    [
        pytest.param("pip install -r requirements.txt", None, id="the installation alone"),
        pytest.param("pip install -U pip && pip install -r requirements.txt && a", "a", id="pip"),
        pytest.param("pip install spacy && a", "pip install spacy && a", id="another package"),
        pytest.param("a && pip install .", "a && pip install .", id="not at the beginning"),
    ],
)
def test_the_installation_is_said_by_the_program(command, kept, tmp_path):
    write(tmp_path, {**FILES, "railway.json": json.dumps({"build": {"buildCommand": command}})})
    assert main(["railway-convert", str(tmp_path)]) == 0
    assert service(tmp_path)["build"].get("buildCommand") == kept


@pytest.mark.parametrize(
    "start",
    [
        '/bin/sh -c "exec uvicorn main:app --port $PORT --workers 4 --log-level warning"',
        "sh -c 'uvicorn main:app --port $PORT --workers 4 --log-level warning'",
        "uvicorn main:app --port 8000 --workers 4 --log-level warning # two",
    ],
)
def test_a_start_command_in_a_shell_is_what_the_shell_is_given(start, tmp_path, capsys):
    write(tmp_path, {**FILES, "railway.json": json.dumps({"deploy": {"startCommand": start}})})
    assert main(["railway-convert", str(tmp_path)]) == 0
    assert service(tmp_path)["deploy"]["startCommand"] == HOSTED


def test_a_dockerfile_elsewhere_is_started_by_a_shell(tmp_path, capsys):
    build = {"builder": "DOCKERFILE", "dockerfilePath": "docker/Dockerfile.prod"}
    write(tmp_path, {**FILES, "railway.json": json.dumps({"build": build})})
    assert main(["railway-convert", str(tmp_path)]) == 0
    made = service(tmp_path)
    assert made["build"] == build
    assert made["deploy"]["startCommand"].startswith('/bin/sh -c "exec uvicorn main:app ')


def test_a_password_is_not_taken_from_the_settings(tmp_path, capsys):
    secret = "[deploy.railway.deploy.registryCredentials]\nusername = 'u'\npassword = 'hunter2'\n"
    write(tmp_path, {**FILES, "fit512.toml": secret})
    assert main(["railway", str(tmp_path)]) == 2
    said = capsys.readouterr().err
    assert "registryCredentials is a secret, and stays on Railway" in said
    assert "hunter2" not in said


def test_replicas_of_all_regions_are_counted(tmp_path, capsys):
    regions = {"europe-west4": {"numReplicas": 2}, "us-west2": {"numReplicas": 2}}
    old = {"deploy": {"multiRegionConfig": regions}}
    write(tmp_path, {**FILES, "railway.json": json.dumps(old)})
    assert main(["railway-convert", str(tmp_path)]) == 0
    assert "is 4, and nothing shares their conversations [instances]" in capsys.readouterr().err


def test_a_file_of_another_shape_is_an_error(tmp_path, capsys):
    write(tmp_path, {**FILES, "railway.json": "[]"})
    assert main(["railway-convert", str(tmp_path)]) == 2
    assert "railway.json is not a table of build and deploy" in capsys.readouterr().err
