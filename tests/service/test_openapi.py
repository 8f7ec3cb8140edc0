"""Schemathesis asks what the OpenAPI description allows, and what it does not."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.service.helpers import running

# Not `status_code_conformance`: refusals of a proxy's kind (431, 408) stand in no description.
CHECKS = ("not_a_server_error", "content_type_conformance", "response_schema_conformance")


@pytest.mark.slow
def test_nothing_that_may_be_asked_is_a_server_error(tmp_path):
    with running(tmp_path, DOCS="true", CACHE_MIB="0") as service:
        command = [
            str(Path(sys.executable).with_name("schemathesis")),
            "run",
            f"{service.client.base_url}/openapi.json",
            "--checks",
            ",".join(CHECKS),
            "--phases",
            "examples,coverage,fuzzing",
            "--max-examples=15",
            "--seed=1",
            "--generation-deterministic",
            "--no-color",
        ]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stdout + done.stderr
        asked = service.client.get("/metrics").text
        assert 'fit512_requests_total{method="POST",route="/chat",status="200"}' in asked
        assert 'status="500"' not in asked
        assert " ERROR " not in service.log
