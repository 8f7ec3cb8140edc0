"""The page for a pull request, whole: one repository with a bit of everything."""

from __future__ import annotations

import json

import pytest

from tests.migrate.helpers import path, write
from tools.migrate.project import Project
from tools.migrate.report.facts import as_json
from tools.migrate.report.next_steps import next_steps
from tools.migrate.report.page import as_markdown
from tools.migrate.report.sizes import sizes
from tools.migrate.result import Note
from tools.migrate.serving.find import served_apps

APP = """\
import os
from flask import Flask
app = Flask(__name__)
key = os.getenv("GROQ_API_KEY")
"""
PROOF = {
    "verdict": "fail",
    "steps": [
        {"name": "resolve", "status": "pass", "detail": "", "before": None, "figures": {"wheels_mib": 139.4}},
        {"name": "install", "status": "pass", "detail": "", "before": None, "figures": {"installed_mib": 566.2}},
        {"name": "import", "status": "fail", "detail": "no groq", "before": "never there", "figures": {}},
        {"name": "start", "status": "fail", "detail": "no bot", "before": None, "figures": {}},
    ],
    "before": {"wheels_mib": 3170.2},
    "run": {"ready_s": 4.21, "memory": {"peak": {"working_set_mib": 139.2, "rss_mib": 192.0}}},
}  # fmt: skip
PAGE = """\
# fit512: shop

1 file changed, 6 files added, 3 files deleted.

| | before | after |
| --- | --- | --- |
| packages to download | 3170 MiB | 139 MiB |
| packages installed | not installed here | 566 MiB |
| model `models/mini` | downloaded at start | 0.00 MiB |
| store `store` | 0.00 MiB | 0.00 MiB |
| ready after | not measured | 4.2 s |
| working set at its peak | not measured | 139 MiB |

## Proof

no

## Apps

| app | framework | started in | by | listens on | health | installs |
| --- | --- | --- | --- | --- | --- | --- |
| `app.py` | flask | `.` | `gunicorn --workers 1 --threads 8 --bind 0.0.0.0:$PORT app:app` (proposed) | $PORT | – | requirements.txt |

## Changed

**memory**: Replace LangChain's growing chat memory by a window that forgets what it no longer shows.

| where | what |
| --- | --- |
| `app.py:1` | keeps 5 \\| no more |

## To know

| where | what | rule |
| --- | --- | --- |
| `app.py:3` | one conversation | sessions |

## Refused

| where | what | rule |
| --- | --- | --- |
| `old.pkl` | calls os.system | stores |

## Left as it is

Nothing to convert in: lib.py.

## Added

- `fit512_runtime/`: belongs to the repository from now on and imports nothing of fit512
- `models/mini/`: embedding.json, model.onnx
- `Procfile.new`
- `store/documents.sqlite`
- `store/manifest.json`

## What to do next

1. Mend what had failed before the conversion too: import, no groq.
2. Do not merge before this is solved: start, no bot.
3. Decide what becomes of what was refused: old.pkl.
4. Read what is said under “To know”: app.py:3.
5. Add gunicorn to requirements.txt: the start command of app.py needs it.
6. Commit models/mini/, fit512_runtime/ with the rest: the app reads them at start.
7. Set these in the host's settings, never in the repository: GROQ_API_KEY.
8. Start app.py with `gunicorn --workers 1 --threads 8 --bind 0.0.0.0:$PORT app:app`.
"""


@pytest.fixture
def project(tmp_path) -> Project:
    files = {"app.py": APP, "lib.py": "", "requirements.txt": "flask\n", "old.pkl": "12"}
    stores = {"store/index.faiss": "123", "store/index.pkl": "4567"}
    project = Project.open(write(tmp_path / "shop", {**files, **stores}))
    project.write(path("app.py"), APP.replace("key =", "KEY =").encode())
    for name in ("old.pkl", "store/index.faiss", "store/index.pkl"):
        project.delete(path(name))
    for name in (
        "Procfile.new",
        "fit512_runtime/__init__.py",
        "models/mini/embedding.json",
        "models/mini/model.onnx",
        "store/documents.sqlite",
        "store/manifest.json",
    ):
        project.write(path(name), b"{}")
    for note in (
        Note("memory", "changed", "app.py", 1, "keeps 5 | no more"),
        Note("stores", "refused", "old.pkl", None, "calls os.system"),
        Note("sessions", "warning", "app.py", 3, "one conversation"),
    ):
        project.note(note)
    return project


def test_the_whole_page(project):
    report = as_json(project, ["migrate", "run"], PROOF)
    assert as_markdown(project, report, "## Proof\n\nno\n") == PAGE


def test_sizes(project):
    size = round(2 / 2**20, 3)
    assert sizes(project, PROOF) == {
        "wheels_mib": {"before": 3170.2, "after": 139.4},
        "installed_mib": {"after": 566.2},
        "models_mib": {"models/mini": 2 * size},
        "runtime_mib": size,
        "stores_mib": {"store": {"before": round(7 / 2**20, 3), "after": 2 * size}},
    }
    assert sizes(project, None)["wheels_mib"] == {"before": None, "after": None}


def test_the_next_steps_without_a_proof(project):
    steps = next_steps(project, served_apps(project), None)
    assert steps[-1] == (
        "Prove that it fits: `python -m tools.migrate verify CONVERTED --original LEGACY`."
    )


def test_a_port_that_the_code_fixes_is_to_be_changed(tmp_path):
    source = "import gradio as gr\ngr.Interface(print).launch(server_port=7000)\n"
    project = Project.open(write(tmp_path, {"ui.py": source}))
    assert next_steps(project, served_apps(project), None) == [
        "Write a requirements.txt for ui.py: nothing says what it needs.",
        "Make ui.py listen on $PORT, as hosts ask: it listens on 7000.",
        "Start ui.py with `env GRADIO_SERVER_NAME=0.0.0.0 GRADIO_SERVER_PORT=$PORT python ui.py`.",
    ]


def test_nothing_to_do(tmp_path):
    project = Project.open(write(tmp_path / "lib", {"a.txt": ""}))
    report = as_json(project, ["migrate", "check"])
    assert report["next"] == []
    assert as_markdown(project, report) == (
        "# fit512: lib\n\nnothing to do: it holds no Python file.\n\n## Apps\n\nNone was found: name the start command by"
        " hand.\n"
    )


def test_no_path_of_the_machine_is_in_the_report(project):
    command = ["migrate", "run", str(project.root), "--out", "/elsewhere/out", "--k", "3"]
    report = as_json(project, command, PROOF)
    assert report["schema"] == 2
    assert report["command"] == "python -m tools.migrate run shop --out out --k 3"
    assert str(project.root) not in json.dumps(report) + as_markdown(project, report)
