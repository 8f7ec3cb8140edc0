"""Programs whose memory is known: what is reported is within 3 % of it, net of the interpreter."""

from __future__ import annotations

import json
import subprocess

import pytest

from tests.limits.conftest import enforced as enforced
from tests.profile import programs
from tools.limits import start
from tools.limits.free_port import free_port
from tools.profile.cli import main
from tools.profile.client import Request, ask
from tools.profile.ports import Address

pytestmark = pytest.mark.slow
CLOSE = 0.03


@pytest.fixture
def measured(capsys, tmp_path, server):
    """Measures a program through the command line and returns what it prints as JSON."""

    def measure(code, *arguments, program="run", options=(), exit_code=0):
        chosen = ["--json", "--cwd", str(tmp_path), *options]
        command = server(code, *arguments)
        assert main([program, *chosen, "--", *command]) == exit_code, capsys.readouterr().err
        return json.loads(capsys.readouterr().out)

    return measure


def peak(measured, code, *arguments):
    found = measured(code, *arguments, options=["--runs", "1", "--load", "20", "--no-who"])
    return {name: figure and figure["median"] for name, figure in found["peak"].items()}


def net(measured, code, before, after):
    """What the peak of the second has more than that of the first, figure by figure."""
    bare, full = peak(measured, code, *before), peak(measured, code, *after)
    return {name: full[name] - bare[name] for name in full if full[name] is not None}


def test_an_allocator_of_200_mib(measured, enforced):
    found = net(measured, programs.ALLOCATE, [0], [200])
    for name in ("rss_mib", "anonymous_mib", "working_set_mib", "cgroup_peak_mib"):
        assert found[name] == pytest.approx(200, rel=CLOSE), name


def test_a_mapping_of_100_mib_of_which_30_are_touched(measured, tmp_path_factory):
    file = tmp_path_factory.mktemp("data") / "data"
    file.write_bytes(b"x" * (100 * programs.MIB))
    found = net(measured, programs.MAP, [file, 0], [file, 30])
    assert found["file_mib"] == pytest.approx(30, rel=CLOSE)
    assert found["rss_mib"] == pytest.approx(30, rel=CLOSE)
    assert found["anonymous_mib"] == pytest.approx(0, abs=0.5)


def test_four_workers_that_share_100_mib(measured, enforced):
    found = net(measured, programs.WORKERS, [0], [100])
    for name in ("pss_mib", "anonymous_mib", "working_set_mib", "cgroup_peak_mib"):
        assert found[name] == pytest.approx(100, rel=CLOSE), name
    assert found["rss_mib"] == pytest.approx(500, rel=CLOSE)  # counted in each of the five


def test_six_workers_of_40_mib_that_load_one_after_the_other(measured):
    options = ["--runs", "1", "--load", "20"]
    bare, full = (measured(programs.LATE_WORKERS, mib, options=options) for mib in (0, 40))

    def anonymous(found):
        return {one["name"]: one["anonymous_mib"]["median"] for one in found["stages"]}

    before, after = anonymous(bare), anonymous(full)
    assert after["imports"] - before["imports"] <= 41, "one has answered, the others come"
    assert after["workers"] - before["workers"] == pytest.approx(240, rel=CLOSE)
    assert after["after"] - before["after"] == pytest.approx(240, rel=CLOSE)
    assert full["who"]["rss_mib"] - bare["who"]["rss_mib"] == pytest.approx(240, rel=CLOSE)


def test_a_spike_of_150_mib_for_20_ms(measured, enforced):
    found = net(measured, programs.SPIKE, [0], [150])
    for name in ("rss_mib", "high_water_mib", "cgroup_peak_mib"):
        assert found[name] == pytest.approx(150, rel=CLOSE), name


def test_a_leak_of_100_kib_per_request(measured):
    options = ["--load", "400"]
    found = measured(programs.LEAK, 100, program="leak", options=options, exit_code=1)
    assert found["kib_per_1000"]["per_unit"] == pytest.approx(100_000, rel=CLOSE)
    assert found["verdict"] == "leaks"


def test_no_leak_where_there_is_none(measured):
    found = measured(programs.ALLOCATE, 20, program="leak", options=["--load", "400"])
    assert abs(found["kib_per_1000"]["per_unit"]) < 1000
    assert found["verdict"] == "no leak seen"


def test_fit_is_within_8_mib_of_the_limit_found_by_hand(measured, enforced, server):
    found = measured(programs.ALLOCATE, 100, program="fit", options=["--load", "30"])
    command = server(programs.ALLOCATE, 100)
    smallest = next(limit for limit in range(90, 140) if lives_inside(command, limit))
    assert smallest <= found["limit_mib"] <= smallest + found["precision_mib"]
    assert found["deaths"][0] == "imports: killed for memory"


def lives_inside(command: list[str], limit_mib: int) -> bool:
    port = free_port()
    environment = {"PORT": str(port)}
    with start(command, limit_mib=limit_mib, env=environment, stderr=subprocess.DEVNULL) as app:
        while app.poll() is None:
            if ask(Address("127.0.0.1", port), Request("GET", "/"), 5.0) == 200:
                return True
    return False
