"""The files that are copied run with whatever LangChain and Python the repository has."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
UV = Path(sys.executable).with_name("uv")
TESTS = ["fastapi", "uvicorn", "httpx", "websockets", "pytest", "hypothesis"]


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, cwd=ROOT, env=environment, text=True, capture_output=True)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("python", "packages"),
    [
        pytest.param("3.9", ["langchain==0.0.352", "faiss-cpu<1.9", "numpy<2"], id="0.0 on 3.9"),
        pytest.param("3.11", ["langchain==0.1.20", "faiss-cpu", "numpy<2"], id="0.1"),
        pytest.param("3.11", ["langchain==0.2.17", "langchain-community", "faiss-cpu"], id="0.2"),
        pytest.param(
            "3.9",
            ["langchain==0.3.26", "langchain-community==0.3.27", "faiss-cpu"],
            id="0.3 on 3.9",
        ),
        pytest.param(
            "3.13", ["langchain-classic", "langchain-community", "faiss-cpu"], id="newest on 3.13"
        ),
    ],
)
def test_runtime_with(python: str, packages: list[str], tmp_path: Path) -> None:
    made = run(UV, "venv", "--quiet", "--python", python, tmp_path / "venv")
    if made.returncode:
        pytest.skip(f"no Python {python} here: {made.stderr}")
    interpreter = tmp_path / "venv" / "bin" / "python"
    installed = run(UV, "pip", "install", "--quiet", "--python", interpreter, *packages, *TESTS)
    assert installed.returncode == 0, installed.stderr
    own = Path(__file__).parent.relative_to(ROOT)
    tested = run(
        interpreter, "-m", "pytest", "-q", "-c", os.devnull, "--rootdir", ROOT,
        "-p", "no:cacheprovider", own, "--ignore", own / Path(__file__).name,
    )  # fmt: skip
    assert tested.returncode == 0, tested.stdout[-4000:] + tested.stderr
