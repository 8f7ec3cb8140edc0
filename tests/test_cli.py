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
