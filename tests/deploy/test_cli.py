"""Writing, checking and refusing, from the command line."""

from __future__ import annotations

import json

import pytest

from deploy.cli import main
from tests.deploy.helpers import write
from tests.deploy.test_plan import APP
from tests.deploy.wheelhouse import OPTIONS, put_wheel

FILES = {"main.py": APP, "requirements.txt": "fastapi\nuvicorn\n"}


def files_of(folder):
    return {str(f.relative_to(folder)) for f in folder.rglob("*") if f.is_file()} - {*FILES}


def test_check_writes_nothing_and_a_second_run_changes_nothing(tmp_path, capsys):
    write(tmp_path, FILES)
    assert main(["render", str(tmp_path), "--check"]) == 1
    assert files_of(tmp_path) == set()
    assert main(["render", str(tmp_path)]) == 0
    assert files_of(tmp_path) == {"render.yaml", ".python-version", ".fit512/deploy.json"}
    assert main(["render", str(tmp_path), "--check"]) == 0
    assert capsys.readouterr().out == ""


def test_the_last_lines_are_the_commands_of_the_host(tmp_path, capsys):
    write(tmp_path, FILES)
    assert main(["heroku", str(tmp_path), "--check"]) == 1
    assert "heroku config:set" not in capsys.readouterr().err
    main(["heroku", str(tmp_path)])
    assert capsys.readouterr().err.splitlines()[-5:] == [
        "Commit the files. Then:",
        "  heroku create --stack heroku-24 --buildpack heroku/python",
        "  heroku config:set PYTHONUNBUFFERED=1 WEB_CONCURRENCY=1 OPENAI_API_KEY=…",
        "  git push heroku HEAD:main",
        "  heroku ps:scale web=1:basic",
    ]


def test_a_program_of_somebody_is_not_run(tmp_path, capsys):
    ran = tmp_path / "ran"
    write(tmp_path, {**FILES, ".railway/railway.py": f"open({str(ran)!r}, 'w')\n"})
    assert main(["railway", str(tmp_path), "--check"]) == 1
    assert ".railway/railway.py: is not what is generated" in capsys.readouterr().err
    assert not ran.exists()


def test_diff_prints_what_would_be_written(tmp_path, capsys):
    write(tmp_path, FILES)
    assert main(["fly", str(tmp_path), "--diff"]) == 0
    assert "+++ b/fly.toml" in capsys.readouterr().out
    assert files_of(tmp_path) == set()


def test_diff_shows_what_force_would_write(tmp_path, capsys):
    write(tmp_path, FILES)
    main(["render", str(tmp_path)])
    edited = (tmp_path / "render.yaml").read_text().replace('value: "1"', 'value: "4"')
    write(tmp_path, {"render.yaml": edited})
    capsys.readouterr()
    assert main(["render", str(tmp_path), "--diff"]) == 0
    out, err = capsys.readouterr()
    assert [line for line in out.splitlines() if line[0] in "+-"] == [
        "--- a/render.yaml", "+++ b/render.yaml",
        *['-        value: "4"', '+        value: "1"'] * 2,
    ]  # fmt: skip
    assert "render: nothing written. The diff is what --force would write.\n" in err
    assert main(["render", str(tmp_path), "--diff", "--check"]) == 1
    assert (tmp_path / "render.yaml").read_text() == edited


def test_an_edit_by_hand_is_refused_and_forced(tmp_path, capsys):
    write(tmp_path, FILES)
    main(["render", str(tmp_path)])
    text = (tmp_path / "render.yaml").read_text()
    edited = text.replace('value: "1"', 'value: "4"')
    write(tmp_path, {"render.yaml": edited})
    assert main(["render", str(tmp_path)]) == 1
    assert (tmp_path / "render.yaml").read_text() == edited
    assert "envVars/[WEB_CONCURRENCY]/value: '4', by hand" in capsys.readouterr().err
    assert main(["render", str(tmp_path), "--force"]) == 0
    assert (tmp_path / "render.yaml").read_text() == text


MINE = "render.yaml: services/[shop]/maxShutdownDelaySeconds"


@pytest.mark.parametrize("entry", [MINE, "render.yaml"])
def test_a_value_that_is_said_to_be_mine_is_kept(entry, tmp_path, capsys):
    write(tmp_path, FILES | {"fit512.toml": "[deploy]\nname = 'shop'\n"})
    assert main(["render", str(tmp_path)]) == 0
    text = (tmp_path / "render.yaml").read_text()
    edited = text.replace("maxShutdownDelaySeconds: 30", "maxShutdownDelaySeconds: 120")
    write(tmp_path, {"render.yaml": edited})
    assert main(["render", str(tmp_path)]) == 1
    assert f'To keep what you wrote, first say mine = ["{MINE}"]' in capsys.readouterr().err
    write(tmp_path, {"fit512.toml": f"[deploy]\nname = 'shop'\nmine = ['{entry}']\n"})
    for options in (["--check"], [], ["--force"], ["--check"]):
        assert main(["render", str(tmp_path), *options]) == 0
        assert (tmp_path / "render.yaml").read_text() == edited


def test_out_leaves_the_repository_alone(tmp_path):
    write(tmp_path / "repo", FILES)
    assert main(["docker", str(tmp_path / "repo"), "--out", str(tmp_path / "out")]) == 0
    assert files_of(tmp_path / "repo") == set()
    assert files_of(tmp_path / "out") == {
        "Dockerfile", ".dockerignore", "compose.yaml", ".fit512/deploy.json",
    }  # fmt: skip


def test_an_error_of_the_preflight_writes_nothing(tmp_path, capsys):
    write(tmp_path, {**FILES, "requirements.txt": "fastapi\nuvicorn\ntorch==2.7.0\n"})
    assert main(["render", str(tmp_path), "--json"]) == 1
    result = json.loads(capsys.readouterr().out)
    errors = [p["check"] for p in result["problems"] if p["severity"] == "error"]
    assert (errors, result["written"]) == (["torch"], [])
    assert files_of(tmp_path) == set()


@pytest.mark.parametrize("kind", ["json", "toml"])
def test_the_old_railway_file_is_written_on_request_and_alone(kind, tmp_path, capsys):
    write(tmp_path, FILES)
    assert main(["railway-convert", str(tmp_path), "--back", kind]) == 0
    assert files_of(tmp_path) == {f"railway.{kind}", ".fit512/deploy.json"}
    assert "/health" in (tmp_path / f"railway.{kind}").read_text()
    assert "by none at all after 2026-12-01" in capsys.readouterr().err


FLASK = (
    "from flask import Flask\napp = Flask(__name__)\n@app.route('/health')\ndef up(): return {}\n"
)


def test_a_server_is_added_where_that_is_asked_for(tmp_path, capsys):
    manifest = tmp_path / "requirements.txt"
    write(tmp_path, {"app.py": FLASK})
    manifest.write_bytes(b"flask  # the web\r\n")
    assert main(["render", str(tmp_path)]) == 1
    assert "--add-server adds gunicorn==23.0.0 to it [missing]" in capsys.readouterr().err
    assert manifest.read_bytes() == b"flask  # the web\r\n"
    assert main(["render", str(tmp_path), "--add-server", "--json"]) == 0
    out, err = capsys.readouterr()
    result = json.loads(out)
    assert result["edits"] == ["adds gunicorn==23.0.0 to requirements.txt"]
    assert result["written"][0] == "requirements.txt"
    assert (
        result["plan"]["needs"]["source"]
        == "--add-server adds gunicorn==23.0.0 to requirements.txt"
    )
    assert "render: adds gunicorn==23.0.0 to requirements.txt\n" in err
    assert manifest.read_bytes() == b"flask  # the web\r\ngunicorn==23.0.0\r\n"
    assert main(["render", str(tmp_path), "--check"]) == 0


def test_a_server_is_added_to_the_copy_alone(tmp_path, capsys):
    write(tmp_path / "repo", {"app.py": FLASK, "requirements.txt": "flask\n"})
    command = ["heroku", str(tmp_path / "repo"), "--out", str(tmp_path / "out"), "--add-server"]
    assert main([*command, "--diff"]) == 0
    assert "+gunicorn==23.0.0\n" in capsys.readouterr().out
    assert main(command) == main([*command, "--check"]) == 0
    assert (tmp_path / "repo/requirements.txt").read_text() == "flask\n"
    assert (tmp_path / "out/requirements.txt").read_text() == "flask\ngunicorn==23.0.0\n"


def test_a_manifest_that_cannot_be_written_leaves_everything(tmp_path, capsys):
    write(tmp_path / "repo", {"app.py": FLASK, "requirements.txt": "flask\n"})
    (tmp_path / "out/requirements.txt").mkdir(parents=True)
    command = ["render", str(tmp_path / "repo"), "--out", str(tmp_path / "out"), "--add-server"]
    assert main(command) == 2
    assert "every file is as it was" in capsys.readouterr().err
    assert [path for path in (tmp_path / "out").rglob("*") if path.is_file()] == []


def test_the_lock_is_what_every_host_installs(tmp_path, capsys):
    put_wheel(tmp_path / "wheels", "fastapi", "1.0")
    put_wheel(tmp_path / "wheels", "uvicorn", "1.0")
    text = OPTIONS.format(tmp_path / "wheels") + "fastapi\nuvicorn\n"
    root = write(tmp_path / "repo", {**FILES, "requirements.txt": text})
    assert main(["render", str(root), "--diff"]) == 0
    out = capsys.readouterr().out
    assert "\n+fastapi==1.0\n" in out
    assert "--hash" not in out
    for platform in ("render", "docker", "heroku", "railway"):
        assert main([platform, str(root)]) == main([platform, str(root), "--check"]) == 0
    assert "render: locks what requirements.txt installs, 2 packages" in capsys.readouterr().err
    install = "pip install --require-hashes -r requirements.lock"
    assert f'buildCommand: "{install}"\n' in (root / "render.yaml").read_text()
    assert f"RUN {install}\n" in (root / "Dockerfile").read_text()
    assert "cp requirements.lock requirements.txt\n" in (root / "bin/pre_compile").read_text()
    write(root, {"requirements.txt": text + "# changed\n"})
    assert main(["render", str(root), "--check"]) == 1
    assert "render: would change requirements.lock\n" in capsys.readouterr().err
