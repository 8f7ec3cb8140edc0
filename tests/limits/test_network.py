from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.limits.programs import python
from tests.missing import missing
from tools.limits import cut_off, start, why_not

LOOPBACK = """
import socket
with socket.create_server(("127.0.0.1", 0)) as server:
    with socket.create_connection(server.getsockname(), timeout=5) as client:
        accepted, _ = server.accept()
        accepted.sendall(b"heard")
        print(client.recv(5).decode())
"""
OUTSIDE = """
import errno, socket, sys
try:
    socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=5)
except OSError as error:
    print(errno.errorcode[error.errno])
"""


@pytest.fixture(autouse=True)
def _namespaces() -> None:
    if why_not():
        missing(f"a command cannot be cut off here: {why_not()}")


def output(command: list[str]) -> str:
    done = subprocess.run(cut_off(command), capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_loopback_works_inside():
    assert output(python(LOOPBACK)) == "heard"


@pytest.mark.parametrize("address", ["192.0.2.1", "198.51.100.7"])  # RFC 5737: nobody's
def test_any_other_address_fails_at_once(address):
    assert output(python(OUTSIDE, address, 443)) == "ENETUNREACH"


def test_a_server_outside_is_not_seen_inside():
    import socket

    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert output(python(OUTSIDE, "127.0.0.1", port)) == "ECONNREFUSED"


def test_user_folder_environment_and_exit_code_are_kept(tmp_path):
    code = "import os; print(os.getuid(), os.getgid(), os.getcwd(), os.environ['KEPT']); raise SystemExit(7)"
    done = subprocess.run(
        cut_off(python(code)),
        cwd=tmp_path,
        env={**os.environ, "KEPT": "yes"},
        capture_output=True,
        text=True,
    )
    expected = f"{os.getuid()} {os.getgid()} {tmp_path.resolve()} yes"
    assert (done.returncode, done.stdout.strip()) == (7, expected)


def test_a_command_that_is_not_there_is_said():
    done = subprocess.run(cut_off(["no-such-program"]), capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (
        127,
        "cannot run 'no-such-program': No such file or directory\n",
    )


def test_a_limited_command_can_be_cut_off_too(enforced):
    with start(cut_off(python("b = bytearray(200 << 20)")), limit_mib=128) as run:
        assert run.wait(30) == -9
        assert run.oom_killed


def test_without_privileges_a_user_namespace_is_used():
    """As root, try it as nobody; with an interpreter that nobody may run."""
    if os.getuid() != 0 or not os.access("/usr/bin/setpriv", os.X_OK):
        pytest.skip("needs root and setpriv to become somebody without privileges")
    user = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]
    pythons = ["/usr/bin/python3", sys.executable]
    usable = [
        p
        for p in pythons
        if not subprocess.run([*user, p, "-c", ""], capture_output=True).returncode
    ]
    script = cut_off([])[3]
    readable = not subprocess.run([*user, "cat", script], capture_output=True).returncode
    if not usable or not readable:
        pytest.skip("nobody may neither run Python nor read this folder here")
    code = LOOPBACK + "\nimport os; print(os.getuid())"
    inner = [usable[0], "-I", "-S", script, usable[0], "-c", code]
    done = subprocess.run([*user, *inner], capture_output=True, text=True, cwd="/")
    assert done.stdout.split() == ["heard", "65534"], done.stderr
