from __future__ import annotations

import re

import pytest

from tools.profile.cli import main


@pytest.mark.parametrize(
    ("command", "requests"), [("run", 200), ("leak", 3000), ("fit", 60), ("doctor", 200)]
)
def test_the_help_names_the_load_that_a_command_sends(command, requests, capsys):
    with pytest.raises(SystemExit):
        main([command, "--help"])
    assert re.search(r"requests of the load \((\d+)\)", capsys.readouterr().out)[1] == str(requests)
