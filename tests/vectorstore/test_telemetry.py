"""onnxruntime's wheels report home from 1.29 on: not where our runtime loads them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOAD = "from vectorstore.onnx_embeddings import OnnxEmbeddings; OnnxEmbeddings('models/all-MiniLM-L6-v2').embed_query('x')"


@pytest.mark.parametrize(
    ("setting", "reports"),
    [
        pytest.param({}, False, id="off"),
        pytest.param({"ORT_DISABLE_TELEMETRY": "0"}, True, id="allowed"),
    ],
)
def test_onnxruntime_keeps_nothing_to_report(tmp_path, setting, reports):
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("ORT_", "XDG_"))}
    # Its own switch for build machines would hide what is tested here.
    for name in ("CI", "TF_BUILD", "GITHUB_ACTIONS"):
        environment.pop(name, None)
    environment |= {"HOME": str(tmp_path), "HTTPS_PROXY": "http://127.0.0.1:9"} | setting
    subprocess.run([sys.executable, "-c", LOAD], cwd=ROOT, env=environment, check=True)
    assert any(tmp_path.rglob("onnxruntime.db")) is reports
