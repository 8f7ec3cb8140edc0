from __future__ import annotations

import os
import platform

from tools.limits.machine import machine


def test_the_machine_is_told_without_its_name():
    found = machine()
    assert list(found) == [
        "system",
        "kernel",
        "architecture",
        "processor",
        "cores",
        "memory_mib",
        "measured",
    ]
    assert 1 <= found["cores"] <= (os.cpu_count() or 1)
    assert found["memory_mib"] > 100
    assert platform.node() not in map(str, found.values())
