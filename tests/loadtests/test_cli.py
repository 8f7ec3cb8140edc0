"""What the command line refuses before it starts anything."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest

from loadtests.arguments import parser
from loadtests.cli import _not_sent, main
from loadtests.options import Options
from loadtests.plan import VISITORS
from tools.cli import main as fit512


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        pytest.param(
            ["--shape", "wave"], "there is no shape 'wave'. Choose ramp, sessions", id="shape"
        ),
        pytest.param(["--limit", "512"], "'512' has no unit", id="limit without a unit"),
        pytest.param(["--adapter", "nobody"], "there is no adapter 'nobody'", id="adapter"),
        pytest.param(["--questions", "none.txt"], "none.txt: cannot be read", id="questions"),
        pytest.param(["--thresholds", "none.toml"], "none.toml", id="thresholds"),
        pytest.param(["--fault", "rain:0.5"], "there is no fault 'rain'", id="fault"),
        pytest.param(
            ["--command", "true", "--env", "NAME"], "--env 'NAME' is not NAME=VALUE", id="env"
        ),
        pytest.param(
            ["--host", "http://127.0.0.1:1"], "http://127.0.0.1:1: nothing listens there", id="host"
        ),
        pytest.param(["--users", "faqs"], "there is no user 'faqs'. Choose conver", id="users"),
        pytest.param(
            ["--host", "http://127.0.0.1:1", "--command", "true"], "give one", id="two services"
        ),
        *(
            pytest.param(
                given,
                f"{given[0]} is for the service that --command starts",
                id=f"ours, {given[0]}",
            )
            for given in (["--cwd", "."], ["--ready", "/ready"], ["--cold", "."], ["--redirect"])
        ),
        pytest.param(
            ["--command", "true", "--engine", "upstream"],
            "--engine is for our own service, and --command starts another: give one.",
            id="another service's engine",
        ),
        *(
            pytest.param(
                ["--host", "http://127.0.0.1:1", *given],
                f"{given[0]} is for a service that is started here, and --host runs already",
                id=f"host, {given[0]}",
            )
            for given in (
                ["--cwd", "."],
                ["--ready", "/"],
                ["--cold", "."],
                ["--redirect"],
                ["--engine", "extractive"],
                ["--cores", "1"],
                ["--env", "A=1"],
                ["--latency-ms", "200"],
                ["--token-rate", "0"],
                ["--fault", "503:0.5"],
            )
        ),
        *(
            pytest.param(
                ["--shape", shape, *given],
                f"{given[0]} means nothing for the shape {shape}: it is for {only}",
                id=f"{shape}, {given[0]}",
            )
            for shape, given, only in (
                ("steady", ["--step", "5"], "ramp."),
                ("spike", ["--step-s", "15"], "ramp."),
                ("ramp", ["--most-users", "300"], "spike."),
                ("soak", ["--sessions", "100"], "sessions."),
                ("spike", ["--rate", "10"], "ramp, sessions, smoke, soak, steady."),
                ("ramp", ["--at-a-time", "8"], "sessions, smoke, soak, steady."),
            )
        ),
        *(
            pytest.param(
                ["--shape", "steady", "--at-a-time", "8", *given],
                f"{given[0]} means nothing with --at-a-time",
                id=f"at a time, {given[0]}",
            )
            for given in (["--rate", "10"], ["--interval-s", "2"])
        ),
        pytest.param(["--command", "/no/such/program"], "/no/such/program", id="command"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(tmp_path, capsys, arguments, says):
    assert main([*arguments, "--out", str(tmp_path)]) == 2
    last = capsys.readouterr().err.strip().splitlines()[-1]
    assert last.startswith("fit512 loadtest: ")
    assert says in last


def test_only_what_a_run_of_ours_has_left_is_deleted(tmp_path):
    folder = tmp_path / "locust"
    folder.mkdir()
    (folder / "locustfile.py").write_text("mine")
    (folder / "history.jsonl").write_text("ours")

    assert main(["--host", "http://127.0.0.1:1", "--out", str(tmp_path)]) == 2
    assert [file.name for file in folder.iterdir()] == ["locustfile.py"]


def test_nothing_is_deleted_before_all_is_checked(tmp_path):
    (tmp_path / "locust").mkdir()
    (tmp_path / "locust/history.jsonl").write_text("of the last run")

    assert main(["--adapter", "nobody", "--out", str(tmp_path)]) == 2
    assert (tmp_path / "locust/history.jsonl").exists()


def test_a_folder_that_cannot_be_made_is_said(tmp_path, capsys):
    (tmp_path / "file").touch()

    assert main(["--out", str(tmp_path / "file/out")]) == 2
    assert "--out: " in (said := capsys.readouterr().err)
    assert "Traceback" not in said


def test_a_slash_at_the_end_of_an_address_is_none_of_it():
    assert parser().parse_args(["--host", "https://bot.example/api/"]).host == (
        "https://bot.example/api"
    )


def test_the_visitors_are_known_without_locust():
    """Locust patches every socket and thread of the process that imports it."""
    code = "from loadtests.users import USERS; print(*USERS)"
    known = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert tuple(known.stdout.split()) == VISITORS


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--duration", "90"], "'90' is no time such as 90s"),
        (["--duration", "0s"], "'0s' is no time such as 90s"),
        (["--rate", "0"], "'0' is not above 0"),
        (["--rate", "ten"], "'ten' is no number"),
        (["--rate", "inf"], "'inf' is no number"),
        (["--latency-ms", "-5"], "'-5' is below 0"),
        (["--token-rate", "nan"], "'nan' is no number"),
        (["--host", "bot.example"], "'bot.example' is no address"),
        (["--host", "http://127.0.0.1:99999"], "'http://127.0.0.1:99999' is no address"),
        (["--host", "http://[::1"], "'http://[::1' is no address"),
        (["--at-a-time", "-3"], "-3 is not a positive number"),
        (["--sessions", "0"], "0 is not a positive number"),
        (["--cores", "0"], "0 is not a positive number"),
        (["--cores", "9999"], "9999 of "),
    ],
)
def test_a_number_that_means_nothing_is_a_usage_error(arguments, says, capsys):
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert f"error: argument {arguments[0]}: {says}" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("shape", "adapter", "users", "left_out"),
    [
        pytest.param("steady", "fit512", "", set(), id="the mix"),
        pytest.param("steady", "fit512", "unfriendly, streaming", set(), id="named"),
        pytest.param(
            "steady", "fit512", "faq,unfriendly", {"first_token_p95"}, id="nobody reads a stream"
        ),
        pytest.param(
            "steady", "question_answer", "", {"first_token_p95"}, id="an adapter without streams"
        ),
        pytest.param(
            "steady", "fit512", "faq,streaming", {"wrong_refusals"}, id="nobody is unfriendly"
        ),
        pytest.param(
            "sessions", "fit512", "", {"first_token_p95", "wrong_refusals"}, id="the shape's own"
        ),
    ],
)
def test_who_does_not_send_it_is_not_asked_for_it(shape, adapter, users, left_out):
    options = replace(Options(), shape=shape, adapter=adapter, users=users)
    assert _not_sent(options) == left_out


def test_it_is_a_command_of_fit512(capsys):
    with pytest.raises(SystemExit) as ended:
        fit512(["loadtest", "--help"])
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith("usage: python -m loadtests")
