"""Apps that misbehave, and measuring that is cut short: said clearly, and nothing is left."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.limits.conftest import enforced as enforced
from tests.limits.conftest import is_running
from tests.missing import missing
from tests.profile import programs
from tools.limits.cgroup import parents
from tools.profile.cli import main

RUN = [sys.executable, "-m", "tools.profile"]
QUICK = ["--runs", "1", "--load", "20", "--no-who"]


@pytest.fixture(autouse=True)
def nothing_left():
    """No cgroup of ours, nor of a child of ours that has ended, is there after a test."""
    yield
    ours = [path for _, parent in parents() for path in parent.glob("fit512-*")]
    alive = {str(os.getpid()), *filter(str.isdigit, os.listdir("/proc"))} - {str(os.getpid())}
    assert [path for path in ours if path.name.split("-")[1] not in alive] == []


def failed(capsys, arguments: list[str]) -> tuple[int, str]:
    return main(arguments), capsys.readouterr().err


def test_an_app_that_exits_at_once(server, tmp_path, capsys):
    words = ["run", "--cwd", str(tmp_path), "--", *server(programs.ENDS)]
    code, said = failed(capsys, words)
    assert code == 2
    assert said.endswith(
        "the app died without a limit, in stage imports: ended with exit code 3. It last wrote:\n"
        "  | no such setting\n"
    )


def test_an_app_that_never_listens(server, tmp_path, capsys):
    words = ["--ready-within", "0.3", "--cwd", str(tmp_path), "--", *server(programs.NEVER_READY)]
    code, said = failed(capsys, ["run", *words])
    assert code == 2
    assert (
        "the app lives, but gets no further without a limit, in stage imports: it did not" in said
    )
    assert "listens at $PORT, or give it more time with --ready-within. It wrote nothing" in said


def test_an_app_that_is_never_ready(server, tmp_path, capsys):
    words = ["--ready-within", "1", "--cwd", str(tmp_path), "--", *server(programs.BUSY)]
    code, said = failed(capsys, ["run", *words])
    assert code == 2
    assert "in stage ready: no path answered 200 (/ready 503, /readyz 503, /health 503" in said
    assert "name one with --health" in said


def test_a_program_that_is_not_there(tmp_path, capsys):
    code, said = failed(capsys, ["run", "--cwd", str(tmp_path), "--", "no-such-program"])
    assert code == 2
    assert "cannot run 'no-such-program'" in said


def test_a_python_that_is_not_there(tmp_path, capsys):
    words = ["run", "--python", "no/bin/python", "--cwd", str(tmp_path), "--", "python", "x.py"]
    code, said = failed(capsys, words)
    assert code == 2
    assert "no/bin/python: is no Python. Name that of the app's environment" in said


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--runs", "0"),
        ("--load", "0"),
        ("--ready-within", "nan"),
        ("--ready-within", "-5"),
        ("--health", "health"),
    ],
)
def test_a_value_that_makes_no_sense(option, value, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["run", option, value, "--", "true"])
    assert ended.value.code == 2
    assert f"argument {option}: must be" in capsys.readouterr().err


def test_where_the_result_goes_is_tried_first(tmp_path, capsys):
    for words in (["run", "--out", "/proc/no/p.json"], ["fit", "--into", str(tmp_path / "p.json")]):
        code, said = failed(capsys, [*words, "--cwd", str(tmp_path), "--", "no-such-program"])
        assert code == 2
        assert "/proc/no" in said or "p.json: is not there" in said


@pytest.mark.parametrize("words", [["run", "--out", "p.html", "--", "true"], ["report", "p.md"]])
def test_a_profile_is_not_written_over_by_its_own_page(words, capsys):
    code, said = failed(capsys, words)
    assert code == 2
    assert "a profile is JSON, with its page beside it. Name it .json." in said


def test_beside_a_package_of_that_name_the_console_command_works(tmp_path):
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools/__init__.py").touch()
    console = Path(sys.executable).with_name("fit512")
    if not console.exists():
        missing("fit512 is not installed beside Python: make install")
    words = [console, "profile", "diff", "a.json", "b.json"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == (
        "fit512 profile: a.json: is not there. Write it with `fit512 profile run --out a.json`.\n"
    )


def test_no_command_is_a_usage_error(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["run"])
    assert ended.value.code == 2
    assert "the following arguments are required: -- COMMAND" in capsys.readouterr().err


def test_one_that_is_killed_inside_the_limit(server, tmp_path, capsys, enforced):
    words = [*QUICK, "--limit", "60MiB", "--cwd", str(tmp_path)]
    code, said = failed(capsys, ["run", *words, "--", *server(programs.ALLOCATE, 100)])
    assert code == 1
    assert "the app died inside 60 MiB, in stage imports: killed for memory. `python -m" in said


def test_one_that_is_killed_inside_the_limit_is_measured_without(
    server, tmp_path, capsys, enforced
):
    out = ["--json", "--out", str(tmp_path / "profile.json")]
    words = [*QUICK, *out, "--limit", "60MiB", "--cwd", str(tmp_path)]
    assert main(["run", *words, "--", *server(programs.ALLOCATE, 100)]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found == json.loads((tmp_path / "profile.json").read_text())
    assert (found["limit_mib"], found["runs"], found["died"]["killed"]) == (None, 1, True)
    assert found["died"]["limit_mib"] == 60
    peak = found["peak"]
    assert peak["rss_mib"]["median"] > 100
    for seen in ("rss_mib", "working_set_mib", "anonymous_mib"):
        most = peak[seen]["median"]
        assert max(sample[seen] or 0.0 for sample in found["timeline"]) <= most
        assert max(stage[seen]["median"] for stage in found["stages"]) <= most
    assert "inside 60 MiB, in stage imports" in (tmp_path / "profile.md").read_text()


def test_one_that_thrashes_inside_the_limit_does_not_fit(server, tmp_path, capsys):
    """As the second of its starts does, the one inside the limit."""
    words = [*QUICK, "--ready-within", "2", "--cwd", str(tmp_path)]
    code = f"starts = {str(tmp_path / 'starts')!r}\n{programs.SECOND_HANGS}"
    assert main(["run", *words, "--", *server(code)]) == 1
    seen = capsys.readouterr()
    assert "it did not listen on any port in time inside 512 MiB, in stage imports" in seen.out
    assert "answered 20 of 20 requests" in seen.out
    assert "measuring it once without a limit" in seen.err


def test_the_gate_judges_one_that_is_killed_inside_the_limit(server, tmp_path, capsys, enforced):
    budget, summary = tmp_path / "budget.toml", tmp_path / "summary.md"
    budget.write_text('[budget]\nlimit = "60MiB"\nfail = 1\n')
    out = ["--profile", str(tmp_path / "profile.json"), "--summary", str(summary), "--json"]
    words = ["--runs", "1", "--load", "20", "--cwd", str(tmp_path), "--budget", str(budget), *out]
    assert main(["gate", *words, "--", *server(programs.ALLOCATE, 100)]) == 1
    found = json.loads(capsys.readouterr().out)
    assert [(c["name"], c["status"]) for c in found["checks"]] == [
        ("peak", "over"),
        ("the limit", "died"),
    ]
    assert found["checks"][1]["where"] == f"{budget}:2"
    said = summary.read_text()
    assert "### Memory budget exceeded: killed for memory inside 60 MiB, in stage imports" in said
    assert "| peak | 10" in said


@pytest.mark.slow
def test_an_orphan_ends_with_the_run(server, tmp_path, capsys):
    number = tmp_path / "orphan"
    words = [*QUICK, "--json", "--cwd", str(tmp_path), "--", *server(programs.ORPHAN, number)]
    assert main(["run", *words]) == 0
    assert json.loads(capsys.readouterr().out)["peak"]["processes"]["median"] == 2
    assert not is_running(int(number.read_text()))


def begun(command: list[str], number: Path, sent: signal.Signals) -> tuple[int, str]:
    """Exit code and stderr of a command that gets a signal once its app has written its number."""
    temporary = number.with_name("temporary")
    temporary.mkdir()
    environment = {**os.environ, "TMPDIR": str(temporary)}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as measuring:
        while not (number.exists() and number.read_text()):
            assert measuring.poll() is None
            time.sleep(0.02)
        measuring.send_signal(sent)
        _, said = measuring.communicate()
    assert not is_running(int(number.read_text()))
    assert list(temporary.iterdir()) == []
    return measuring.returncode, said


def test_ctrl_c_ends_all_of_it(server, tmp_path):
    number = tmp_path / "app"
    code = f"open({str(number)!r}, 'w').write(str(os.getpid()))\n{programs.NEVER_READY}"
    command = [*RUN, "run", "--cwd", str(tmp_path), "--", *server(code)]
    ended, said = begun(command, number, signal.SIGINT)
    assert ended == 130
    assert said.endswith("python -m tools.profile: interrupted\n")


def test_sigterm_while_it_asks_whose_memory_it_is(server, tmp_path):
    number = tmp_path / "app"
    code = (
        "if 'FIT512_WHO_OUT' not in os.environ: serve()\n"
        f"open({str(number)!r}, 'w').write(str(os.getpid()))\n{programs.NEVER_READY}"
    )
    words = ["--runs", "1", "--load", "20", "--limit", "none", "--cwd", str(tmp_path)]
    ended, said = begun([*RUN, "run", *words, "--", *server(code)], number, signal.SIGTERM)
    assert ended == 143
    assert "asking whose memory it is" in said
    assert "Traceback" not in said


def test_a_port_that_differs_at_each_start(server, tmp_path, capsys):
    words = [*QUICK, "--json", "--limit", "none", "--cwd", str(tmp_path)]
    assert main(["run", *words, "--", *server(programs.ANY_PORT)]) == 0
    assert json.loads(capsys.readouterr().out)["load"]["answered"]["median"] == 20


def mounted(what: str, command: list[str]) -> subprocess.CompletedProcess[str]:
    """Run the command where `what` was mounted before, seen by nobody else."""
    if os.geteuid() != 0:
        pytest.skip("mounting needs root")
    script = f'{what} && exec "$@"'
    full = ["unshare", "--mount", "sh", "-c", script, "sh", *command]
    return subprocess.run(full, capture_output=True, text=True, check=False)


# Imports more than the lines of a small file.
APP = f"import asyncio, email.message, unittest, xml.dom.minidom\n{programs.SERVE}\nserve()\n"
NO_CGROUPS = "umount -R /sys/fs/cgroup"


@pytest.mark.slow
def test_without_cgroups_it_says_not_enforced(server, tmp_path):
    words = [*QUICK, "--json", "--cwd", str(tmp_path), "--", *server(programs.ALLOCATE, 10)]
    done = mounted(NO_CGROUPS, [*RUN, "run", *words])
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["enforcement"] == "not enforced"
    assert found["peak"]["working_set_mib"] is None
    assert any("the limit of 512 MiB was not enforced" in said for said in found["not_measured"])


@pytest.mark.slow
def test_above_a_limit_that_nothing_enforces_is_no_pass(server, tmp_path):
    """By a mapped file, for which it is not ended as a host would do."""
    file = tmp_path / "weights"
    file.write_bytes(os.urandom(1 << 20) * 60)
    words = [*QUICK, "--json", "--limit", "50MiB", "--cwd", str(tmp_path)]
    done = mounted(NO_CGROUPS, [*RUN, "run", *words, "--", *server(programs.MAP, file, 60)])
    assert done.returncode == 1, done.stderr
    found = json.loads(done.stdout)
    assert (found["enforcement"], found["died"]) == ("not enforced", None)
    assert "not measured: whether it lives inside 50 MiB: its RSS is above that" in done.stderr
    assert "That is no yes" in done.stderr


@pytest.mark.slow
def test_without_cgroups_there_is_no_smallest_limit(server, tmp_path):
    words = ["--load", "20", "--cwd", str(tmp_path), "--", *server(programs.ALLOCATE, 10)]
    done = mounted(NO_CGROUPS, [*RUN, "fit", *words])
    assert done.returncode == 2
    assert "the smallest limit cannot be found where none is enforced." in done.stderr


@pytest.mark.slow
def test_a_load_that_is_never_answered_whole_tells_nothing_of_a_limit(server, tmp_path):
    asked = tmp_path / "asked.jsonl"
    asked.write_text('{"method": "GET", "path": "/"}\n{"method": "POST", "path": "/"}\n')
    words = ["--load", "60", "--requests", str(asked), "--cwd", str(tmp_path)]
    done = mounted("true", [*RUN, "fit", *words, "--", *server(programs.ALLOCATE, 10)])
    assert done.returncode == 2
    assert "without a limit not all of the load is answered either" in done.stderr
    assert "30 of 60 requests got no answer in time" in done.stderr


@pytest.mark.slow
def test_a_full_disk(server, tmp_path):
    full = tmp_path / "full"
    full.mkdir()
    out = ["--out", str(full / "profile.json"), "--json"]
    words = [*QUICK, *out, "--cwd", str(tmp_path), "--", *server(programs.ALLOCATE, 10)]
    listing = f'"$@"; code=$?; ls -A {full}; exit $code'
    command = ["sh", "-c", listing, "sh", *RUN, "run", *words]
    done = mounted(f"mount -t tmpfs -o size=4k none {full}", command)
    assert done.returncode == 2
    assert f"{full / 'profile.json'}: cannot be written: No space left on device" in done.stderr
    assert json.loads(done.stdout)["runs"] == 1  # printed, and nothing is listed behind it


@pytest.mark.slow
def test_a_full_folder_for_temporary_files(tmp_path):
    full = tmp_path / "full"
    full.mkdir()
    (tmp_path / "app.py").write_text(APP)
    words = ["--runs", "1", "--load", "20", "--json", "--cwd", str(tmp_path)]
    command = ["env", f"TMPDIR={full}", *RUN, "run", *words, "--", sys.executable, "app.py"]
    done = mounted(f"mount -t tmpfs -o size=16k none {full}", command)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["who"]["imports"], found["who"]["allocations"]) == (None, None)
    assert (
        f"imports: {full}: No space left on device, where the import hook writes"
        in (found["not_measured"])
    )
    assert any(f"allocations: {full}: 0 MiB are left" in what for what in found["not_measured"])


def test_a_place_that_takes_no_file_costs_no_measurement(server, tmp_path, capsys):
    words = [*QUICK, "--json", "--out", "/proc/nothing/profile.json", "--cwd", str(tmp_path)]
    assert main(["run", *words, "--", *server(programs.ALLOCATE, 10)]) == 2
    seen = capsys.readouterr()
    assert seen.out == ""
    assert "/proc/nothing/profile.json: cannot be written" in seen.err
    assert "looking at" not in seen.err
