"""`systemd-run --user`: what is asked of it and what is said where it cannot be had.

That a scope limits is not tried here: a systemd started for a test takes over the cgroups of the
whole machine.
"""

from __future__ import annotations

import shutil

import pytest

from tools.limits import systemd


def test_asks_for_memory_swap_and_a_name():
    assert systemd.prefix("fit512-1-1", 128.5) == [
        "systemd-run",
        "--user",
        "--scope",
        "--quiet",
        "--collect",
        "--unit=fit512-1-1",
        "-p",
        "MemoryMax=134742016",
        "-p",
        "MemorySwapMax=0",
        "-p",
        "Delegate=yes",
    ]


def test_says_why_it_cannot_be_used(tmp_path, monkeypatch):
    systemd.why_not.cache_clear()
    monkeypatch.setenv("PATH", str(tmp_path))
    assert systemd.why_not() == "there is no systemd-run"
    systemd.why_not.cache_clear()


def test_says_what_systemd_run_said(tmp_path, monkeypatch):
    if not shutil.which("systemd-run"):
        pytest.skip("there is no systemd-run")
    systemd.why_not.cache_clear()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)
    assert str(systemd.why_not()).startswith("systemd-run --user: Failed to connect to bus")
    systemd.why_not.cache_clear()
