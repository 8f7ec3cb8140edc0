from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tools import limits


def loaded_by(code: str) -> set[str]:
    script = f"{code}\nimport json, sys; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    return set(json.loads(done.stdout))


def test_importing_the_package_loads_nothing():
    assert {
        name for name in loaded_by("import tools.limits") if name.startswith("tools.limits.")
    } == set()


def test_reading_memory_loads_no_server_no_certificates_and_no_psutil():
    heavy = {"starlette", "uvicorn", "trustme", "cryptography", "h11", "httpx", "psutil", "asyncio"}
    code = "from tools.limits import *\nfrom tools import limits\nlimits.start, limits.upstream, limits.evict"
    assert loaded_by(code) & heavy == set()


def test_every_name_is_there_and_no_other():
    assert [name for name in dir(limits) if getattr(limits, name) is None] == []
    assert callable(limits.upstream)
    assert callable(limits.redirect)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        limits.nothing  # noqa: B018
