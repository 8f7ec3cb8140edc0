from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.profile.doctor.hostlog import signs


@pytest.mark.parametrize(
    ("line", "trouble", "mib"),
    [
        pytest.param("==> Ran out of memory (used over 512MB) while running your code.", "memory", 512.0, id="Render"),
        pytest.param("Out of memory (used over 512Mi)", "memory", 512.0, id="Render, short"),
        pytest.param("An instance of your Web Service exceeded its memory limit, which triggered an automatic restart.", "memory", None, id="Render's mail"),
        pytest.param("2026-01-01T00:00:00 heroku[web.1]: Error R14 (Memory quota exceeded)", "memory", None, id="R14"),
        pytest.param("heroku[web.1]: Error R15 (Memory quota vastly exceeded)", "memory", None, id="R15"),
        pytest.param("heroku[web.1]: Process running mem=813M(158.8%)", "memory", 813.0, id="Heroku's count"),
        pytest.param("Process exited with status 137", "memory", None, id="137"),
        pytest.param("[ERROR] Worker (pid:7) was sent SIGKILL! Perhaps out of memory?", "memory", None, id="gunicorn"),
        pytest.param("MemoryError", "memory", None, id="Python"),
        pytest.param("numpy._core._exceptions._ArrayMemoryError: Unable to allocate 2.00 GiB", "memory", None, id="numpy"),
        pytest.param("RuntimeError: DefaultCPUAllocator: not enough memory: you tried to allocate 9 bytes", "memory", None, id="torch on Windows"),
        pytest.param("Memory limit of 512 MiB exceeded with 524 MiB used. Consider increasing the memory limit", "memory", 524.0, id="Cloud Run"),
        pytest.param("Out of memory: Killed process 512 (python) total-vm:900kB", "memory", None, id="the kernel"),
        pytest.param("Exit Code: 137", "memory", None, id="137 with capitals"),
        pytest.param("signal: killed", "memory", None, id="the signal"),
        pytest.param("reboot, oom_killed=true", "memory", None, id="Fly.io"),
        pytest.param('heroku[router]: at=error code=H12 desc="Request timeout"', "slow answers", None, id="H12"),
        pytest.param("[CRITICAL] WORKER TIMEOUT (pid:9)", "slow answers", None, id="worker timeout"),
        pytest.param("Error R10 (Boot timeout) -> Web process failed to bind to $PORT within 60 seconds", "slow start", None, id="R10"),
        pytest.param("==> No open ports detected, continuing to scan...", "slow start", None, id="no port"),
        pytest.param("Health check timed out", "slow start", None, id="health check"),
        pytest.param("ModuleNotFoundError: No module named 'faiss'", "does not load", None, id="module"),
        pytest.param("FileNotFoundError: [Errno 2] No such file or directory: 'model.onnx'", "does not load", None, id="file"),
    ],
)  # fmt: skip
def test_the_words_of_hosts(line, trouble, mib):
    (sign,) = signs(["starting", line])
    assert (str(sign.trouble), sign.line, sign.mib) == (trouble, 2, mib)


@pytest.mark.parametrize(
    "line",
    ["GET /health 200", "listening on 10137", "status=137ms", "R140 units", "service=H123", "started pid 137", "healthcheck ok"],
)  # fmt: skip
def test_what_is_no_trouble(line):
    assert signs([line]) == []


def test_the_same_words_again_are_counted_with_their_highest_figure():
    lines = ["Process running mem=600M(117%)", "-", "Process running mem=813M(158%)"]
    (sign,) = signs(lines)
    assert (sign.line, sign.count, sign.mib) == (1, 2, 813.0)


def test_nothing_else_of_a_line_is_kept():
    (sign,) = signs(["token=sk-secret Error R14 (Memory quota exceeded)"])
    assert sign.text == "R14"


@given(st.lists(st.text(max_size=80), max_size=20))
def test_any_text_can_be_read(lines):
    assert len(signs(lines)) <= 17
