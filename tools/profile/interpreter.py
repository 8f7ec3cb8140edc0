"""What the bare interpreter takes: the first stage, measured in a process of its own."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

from tools.limits import Reading, start
from tools.profile.subject import Subject

# An app's own versions: the packages that memory figures depend on most.
_PACKAGES = (
    "chromadb",
    "django",
    "faiss-cpu",
    "fastapi",
    "flask",
    "gradio",
    "gunicorn",
    "langchain",
    "numpy",
    "onnxruntime",
    "pydantic",
    "sentence-transformers",
    "streamlit",
    "tokenizers",
    "torch",
    "transformers",
    "uvicorn",
)
_HOLD = "print('up', flush=True); import time; time.sleep(60)"
_VERSIONS = (
    "import importlib.metadata as m, json, platform, sys\n"
    "found = {'python': platform.python_version()}\n"
    "for name in sys.argv[1:]:\n"
    "    try: found[name] = m.version(name)\n"
    "    except m.PackageNotFoundError: pass\n"
    "print(json.dumps(found))"
)


def bare_interpreter(python: Path, environment: Mapping[str, str]) -> tuple[float, Reading]:
    """Milliseconds until its first statement runs, and what it holds then."""
    command = [str(python), "-c", _HOLD]
    with start(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as run:
        assert run.process.stdout is not None
        run.process.stdout.readline()
        return (time.monotonic() - run.started_s) * 1000, run.read()


def versions(subject: Subject) -> dict[str, str]:
    """Of the app's Python and of the packages that matter; {} where no Python is known."""
    if subject.python is None:
        return {}
    done = subprocess.run(
        [str(subject.python), "-c", _VERSIONS, *_PACKAGES],
        cwd="/",
        env=dict(subject.environment),
        capture_output=True,
        text=True,
        check=False,
    )
    return dict(json.loads(done.stdout)) if done.returncode == 0 else {}
