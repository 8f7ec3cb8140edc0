from __future__ import annotations

import subprocess
import sys

import pytest

from tools.cli import COMMANDS, main

WITHOUT = "import sys; sys.modules[{module!r}] = None; from tools.cli import main; raise SystemExit(main([{command!r}]))"


def test_help_lists_every_command(capsys):
    assert main(["--help"]) == 0
    listed = [line.split()[0] for line in capsys.readouterr().out.splitlines()[2:]]
    assert listed == sorted(COMMANDS)


@pytest.mark.parametrize("arguments", [[], ["no-such-command"]])
def test_no_command_is_a_usage_error(arguments, capsys):
    assert main(arguments) == 2
    assert "usage: fit512 COMMAND" in capsys.readouterr().err


def test_a_missing_extra_is_named():
    code = WITHOUT.format(module="libcst", command="migrate")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr == (
        "fit512 migrate: libcst is not installed; this command needs an extra:"
        " pip install 'fit512[migrate]' (in a checkout: .venv/bin/python, which `make install`"
        " makes, has it)\n"
    )


URL = "https://me:secret@host/x"


@pytest.mark.parametrize(
    "words",
    [
        "store build URL --model m --out o",
        "store build x.md --model URL --out o",
        "store tune s --questions URL",
        "store tune s --model URL",
        "store query s how --model URL",
        "store convert f --model URL",
        "migrate check URL",
        "migrate diff URL",
        "migrate apply x --out URL",
        "migrate run URL --out o",
        "migrate verify URL",
        "migrate apps URL",
        "migrate export m --out URL",
        "migrate export m --texts URL",
        "deploy plan URL",
        "deploy render x --out URL",
        "deploy railway-convert URL",
        "deploy rehearse all URL",
        "loadtest --questions URL",
        "profile diff a.json URL",
        "profile run --cwd URL -- x",
    ],
)
def test_a_url_where_a_path_is_asked_for_is_not_shown(words, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit, match="2"):
        main([URL if word == "URL" else word for word in words.split()])
    printed = capsys.readouterr()
    assert "it has to be a path on this machine, not a URL" in printed.err
    assert "secret" not in printed.out + printed.err
    assert list(tmp_path.iterdir()) == []


def test_nor_the_url_of_a_model(capsys):
    assert main(["migrate", "export", URL]) == 2
    said = capsys.readouterr().err
    assert "a model is not named by a URL" in said
    assert "secret" not in said
