"""Real loads: the service and its upstream in processes of their own, and Locust."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import psutil
import pytest

from tests.limits.conftest import enforced as enforced
from tests.loadtests.stub import ONE_S
from tests.service.helpers import eventually
from tools.limits.cgroup import parents
from tools.limits.free_port import free_port

ROOT = Path(__file__).parents[2]
STUB = f"{sys.executable} {Path(__file__).with_name('stub.py')} {{port}}"
LEAKY = f"{sys.executable} -m uvicorn tests.loadtests.leaky:app --port {{port}} --no-access-log"
PROCESSES = pytest.mark.parametrize(
    "processes", [[], ["--", "--processes", "2"]], ids=["one process", "two processes"]
)
pytestmark = pytest.mark.slow


def load(out, *arguments, folder=ROOT):
    """Exit code and report of `python -m loadtests ARGUMENTS` in the folder."""
    command = [sys.executable, "-m", "loadtests", "--json", "--out", str(out), *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


def stub(out, how, *arguments, folder=ROOT):
    return load(
        out, "--command", f"{STUB} {how}", "--cwd", str(out), "--ready", "/",
        "--adapter", "question_answer", "--users", "faq", *arguments, folder=folder,
    )  # fmt: skip


def test_the_smoke_test_passes_inside_the_limit(tmp_path, enforced):
    code, report = load(tmp_path, "--rate", "30", "--interval-s", "0.5", "--duration", "10s")

    assert (code, report["verdict"], report["why"]) == (0, "pass", [])
    assert {row["name"] for row in report["rows"]} >= {
        "answer",
        "answer from the cache",
        "streamed answer",
        "bad_json",
        "huge_body",
        "slow_writing",
    }
    assert report["figures"]["never_asked"] == 0
    assert report["series"]["working_set_mib"][3] is not None
    assert (tmp_path / "load.html").read_text().startswith("<!doctype html>")
    assert (tmp_path / "load.md").exists()


@PROCESSES
def test_times_count_from_the_intended_start(tmp_path, processes):
    """Two visitors ask four a second of a server that answers two: an answer takes a second at most,
    and comes later and later; what is due meanwhile is never asked.
    """
    options = ("--rate", "4", "--interval-s", "0.5", "--duration", "8s", *processes)
    _, report = stub(tmp_path, "serial", *options)

    assert report["figures"]["p95"] > 4 * ONE_S * 1000
    assert report["figures"]["never_asked"] > 4


def test_a_ramp_tells_what_was_held(tmp_path):
    """The stub answers two a second: one is held, eight are not."""
    options = ("--rate", "1", "--step", "7", "--step-s", "7")
    _, report = stub(tmp_path, "serial", "--shape", "ramp", *options)

    assert report["figures"]["rate_reached"] == 1.0
    assert [bool(step["broken"]) for step in report["steps"]] == [False, True]


def test_a_leak_of_50_kib_a_request_is_seen(tmp_path):
    settings = ("--env", "CHAT_ENGINE=extractive", "--rate", "30", "--duration", "12s")
    code, report = load(tmp_path, "--command", LEAKY, "--cwd", str(ROOT), *settings)

    assert code == 1
    assert any("behind: that is a leak." in reason for reason in report["why"])


def test_an_upstream_that_answers_too_late_is_named(tmp_path):
    late = ("--latency-ms", "40000", "--env", "LLM_TIMEOUT_S=3", "--env", "LLM_FAILURES=0")
    code, report = load(tmp_path, *late, "--users", "faq", "--rate", "5", "--duration", "3s")

    assert code == 1
    assert "error rate <= 1 %: 100 %." in report["why"]
    assert "504 The language model did not answer in time." in report["why"][-1]


@PROCESSES
def test_a_question_that_is_never_answered_has_failed(tmp_path, processes):
    code, report = stub(tmp_path, "hangs", "--rate", "2", "--duration", "3s", *processes)

    assert (code, report["verdict"], report["figures"]["error_rate"]) == (1, "fail", 100.0)
    assert "4 x answer: not answered when the load ended" in report["why"]


def test_what_an_adapter_raises_is_told(tmp_path):
    (tmp_path / "own.py").write_text(
        "from loadtests.adapters import load\n"
        "class Own:\n"
        "    def __init__(self): self.__dict__ = vars(load('question_answer'))\n"
        "    def ask(self, question, session): return load('question_answer').ask(question, session)\n"
        "    def reply(self, body): raise KeyError('text')\n"
    )
    arguments = ("--adapter", "own:Own", "--rate", "2", "--duration", "3s")
    code, report = stub(tmp_path, "", *arguments, folder=tmp_path)

    assert (code, report["figures"]["error_rate"]) == (1, 100.0)
    assert report["errors"][0]["error"] == "KeyError in the visitor: 'text'"


def test_an_upstream_that_fails_half_of_its_calls_is_named(tmp_path):
    failing = ("--fault", "500:0.5", "--env", "LLM_RETRIES=0", "--env", "CACHE_MIB=0")
    code, report = load(tmp_path, *failing, "--users", "faq", "--rate", "20", "--duration", "3s")

    assert code == 1
    assert 20 < report["figures"]["error_rate"] < 80
    assert "502 The language model's host failed (HTTP 500)." in report["why"][-1]


def test_a_limit_that_is_too_small_is_a_no(tmp_path, enforced):
    code, report = load(tmp_path, "--limit", "50MiB", "--duration", "5s")

    assert (code, report["verdict"]) == (1, "fail")
    assert report["why"][0].startswith(
        "The server was killed for memory before it was ready inside"
    )


def test_a_server_that_dies_gives_no_verdict(tmp_path):
    code, report = stub(tmp_path, "dies", "--duration", "10s")

    assert (code, report["verdict"]) == (2, "no verdict")
    assert report["why"][0].startswith("The server ended with 7 under load inside 512 MiB")


@pytest.fixture(scope="module")
def running_stub():
    """The address of a stub that somebody else has started."""
    port = free_port()
    file = Path(__file__).with_name("stub.py")
    with subprocess.Popen([sys.executable, file, str(port)]) as server:
        try:
            eventually(lambda: answers(port))
            yield f"http://127.0.0.1:{port}"
        finally:
            server.kill()


def answers(port):
    try:
        return httpx.get(f"http://127.0.0.1:{port}/", trust_env=False).status_code == 200
    except httpx.TransportError:
        return False


def test_locust_alone(running_stub):
    """The numbers of users and seconds are Locust's own then."""
    with_slash = f"{running_stub}/"  # as a browser copies it
    locust = [sys.executable, "-m", "locust", "-f", "loadtests/locustfile.py", "-H", with_slash]
    locust += ["--headless", "-u", "4", "-r", "4", "-t", "4s", "--json"]
    chosen = {"LOADTEST_ADAPTER": "question_answer", "LOADTEST_USERS": "faq"}
    done = subprocess.run(
        locust, cwd=ROOT, env={**os.environ, **chosen}, capture_output=True, text=True, timeout=120
    )

    assert done.returncode == 0, done.stderr
    (entry,) = json.loads(done.stdout)
    assert (entry["method"], entry["name"], entry["num_failures"]) == ("ask", "answer", 0)
    assert entry["num_requests"] >= 4


@pytest.fixture(scope="module")
def remote(running_stub, tmp_path_factory):
    """Exit code and report of a load on a host that tells nothing, by two processes of Locust."""
    options = ("--adapter", "question_answer", "--users", "faq", "--duration", "6s", "--rate", "6")
    out = tmp_path_factory.mktemp("remote")
    return load(out, "--host", running_stub, *options, "--", "--processes", "2")


def test_the_memory_of_a_remote_host_that_tells_nothing_is_no_pass(remote):
    code, report = remote

    assert (code, report["memory_from"]) == (1, "not measured")
    holds = {one["metric"]: one["holds"] for one in report["thresholds"]}
    assert holds == {
        "peak_memory": None,
        "memory_per_request": None,
        "error_rate": True,
        "restarts": None,
        "oom_kills": None,
    }


def test_what_stands_after_two_dashes_is_for_locust(remote):
    _, report = remote

    assert report["figures"]["questions"] > 20
    assert report["figures"]["failed"] == 0


def begun(out, told, *arguments):
    """`python -m loadtests`, as soon as a second of its history tells "users", or "requests"."""
    # Who runs the tests in the background has SIGINT ignored, for all that they start.
    code = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler);"
    code += "from loadtests.cli import main; raise SystemExit(main())"
    command = [sys.executable, "-c", code, "--out", str(out), "--users", "faq", *arguments]
    process = subprocess.Popen(
        command, cwd=ROOT, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    eventually(lambda: any(line[told] for line in history(out)))
    return process


def history(out):
    file = out / "locust/history.jsonl"
    lines = file.read_text().splitlines(keepends=True) if file.exists() else []
    return [json.loads(line) for line in lines if line.endswith("\n")]


def is_nothing_left(out, process):
    ours = [path for _, parent in parents() for path in parent.glob(f"fit512-{process.pid}-*")]
    alive = [p for p in psutil.process_iter(["cmdline"]) if str(out) in _words(p)]
    return not ours and not alive


@pytest.mark.parametrize(
    ("number", "arguments"),
    [
        pytest.param(signal.SIGINT, [], id="Ctrl-C"),
        pytest.param(signal.SIGTERM, [], id="SIGTERM"),
        pytest.param(signal.SIGINT, ["--", "--processes", "2"], id="two processes"),
    ],
)
def test_ended_from_outside_it_reports_and_leaves_no_process(tmp_path, number, arguments):
    with begun(tmp_path, "requests", "--shape", "soak", *arguments) as process:
        os.killpg(process.pid, number)  # as a terminal does
        process.communicate(timeout=120)
    report = json.loads((tmp_path / "load.json").read_text())

    assert process.returncode == 128 + number
    assert (report["verdict"], report["exit_code"]) == ("interrupted", 128 + number)
    said = f"Interrupted after {report['interrupted_after_s']} s: this was measured until then."
    assert report["why"] == [said]
    assert report["figures"]["questions"] > 0
    assert said in (tmp_path / "load.md").read_text()
    assert said in (tmp_path / "load.html").read_text()
    assert is_nothing_left(tmp_path, process)


def test_a_second_ctrl_c_ends_it_at_once(tmp_path):
    """The answers that the first one waits for never come."""
    arguments = ["--command", f"{STUB} hangs", "--cwd", str(tmp_path), "--ready", "/"]
    with begun(tmp_path, "users", *arguments, "--adapter", "question_answer") as process:
        os.killpg(process.pid, signal.SIGINT)
        said = process.stderr.readline()
        while "Ctrl-C" not in said:
            said = process.stderr.readline()
        os.killpg(process.pid, signal.SIGINT)
        last = process.communicate(timeout=60)[1].splitlines()[-1]

    assert (process.returncode, last) == (130, "fit512 loadtest: interrupted")
    assert not (tmp_path / "load.json").exists()
    assert is_nothing_left(tmp_path, process)


def _words(process):
    """The command line and what it was started with: Locust has the folder in its environment."""
    try:
        return " ".join([*process.info["cmdline"], *process.environ().values()])
    except (psutil.Error, TypeError):
        return ""
