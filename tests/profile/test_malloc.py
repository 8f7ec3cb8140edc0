from __future__ import annotations

import json

import pytest

from tests.profile.profiles import profile
from tools.profile.allocators import available
from tools.profile.cli import main
from tools.profile.result import read_profile, write_profile

# Threads that each free what they took: every arena keeps some of it.
ARENAS = """
import threading
def work(_):
    held = [bytes(1000) for _ in range(20000)]
    kept.append(held[-1])
kept = []
threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
serve()
"""


def test_glibc_settings_come_first():
    names = [setting.name for setting in available()]
    assert names[:3] == [
        "MALLOC_ARENA_MAX=2",
        "MALLOC_ARENA_MAX=1",
        "MALLOC_TRIM_THRESHOLD_=131072",
    ]


@pytest.mark.slow
def test_gains_are_measured_and_put_into_the_profile(server, tmp_path, capsys):
    file = tmp_path / "profile.json"
    write_profile(file, profile())
    words = ["--runs", "1", "--load", "20", "--json", "--into", str(file), "--cwd", str(tmp_path)]
    assert main(["malloc", *words, "--", *server(ARENAS)]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["plain_mib"]["median"] > 2
    assert [setting["name"] for setting in found["settings"]] == [s.name for s in available()]
    assert all(setting["gain_mib"]["spread"] is None for setting in found["settings"])
    kept = read_profile(file)
    assert kept.malloc == found
    assert kept.peak == profile().peak
