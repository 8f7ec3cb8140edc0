"""What a person is told to do, and in which order."""

from __future__ import annotations

from typing import Any

import pytest

from tests.migrate.helpers import Files, path, write
from tools.migrate.project import Project
from tools.migrate.report.bringing import bring_it_in
from tools.migrate.report.embedder import torch_stays
from tools.migrate.report.next_steps import next_steps
from tools.migrate.result import Note
from tools.migrate.serving.find import served_apps

APP = "from flask import Flask\napp = Flask(__name__)\n"
FILES = {"app.py": APP, "requirements.txt": "flask\ngunicorn\n", "old.py": ""}
GROQ = "app.py:1: ModuleNotFoundError: No module named 'groq'"
CHAINS = "app.py:2: ModuleNotFoundError: No module named 'langchain.chains'"
START = "Start app.py with `gunicorn --workers 1 --threads 8 --bind 0.0.0.0:$PORT app:app`."
ADD_GROQ = "Add groq to requirements.txt: app.py imports it and nothing lists it."
MEND = "Mend what had failed before the conversion too"


def steps(root, files: Files, notes: tuple[Note, ...] = (), proof: Any = None) -> list[str]:
    project = Project.open(write(root, files))
    for note in notes:
        project.note(note)
    return next_steps(project, served_apps(project), proof)


def failed(name: str, detail: str, before: str | None) -> dict[str, Any]:
    return {"name": name, "status": "fail", "detail": detail, "before": before, "figures": {}}


@pytest.mark.parametrize(
    ("failures", "told"),
    [
        pytest.param(
            [failed("import", GROQ, "groq was not among its requirements")], [ADD_GROQ],
            id="never listed",
        ),
        pytest.param([failed("import", GROQ, "the same error")], [ADD_GROQ], id="the same error"),
        pytest.param(
            [
                failed("import", GROQ, "the same error"),
                failed("start", f"inside 512 MiB: it ended: {GROQ[10:]}", "the same error"),
            ],
            [ADD_GROQ],
            id="told once",
        ),
        pytest.param(
            [failed("import", f"{GROQ}; {CHAINS}", "groq was not among its requirements; langchain 1.0 is what it was installed with")],
            [ADD_GROQ, f"{MEND}: import, {GROQ}; {CHAINS}."],
            id="and another error",
        ),
        pytest.param(
            [failed("import", f"{GROQ} and 2 more", "the same error")],
            [ADD_GROQ, f"{MEND}: import, {GROQ} and 2 more."],
            id="and errors that are only counted",
        ),
        pytest.param(
            [failed("import", GROQ.replace("groq", "flask"), "the same error")],
            [f"{MEND}: import, {GROQ.replace('groq', 'flask')}."],
            id="listed, and not there all the same",
        ),
        pytest.param(
            [failed("import", GROQ, None)],
            [f"Do not merge before this is solved: import, {GROQ}."],
            id="not known to have failed before",
        ),
    ],
)  # fmt: skip
def test_a_package_that_nothing_lists(tmp_path, failures, told):
    assert steps(tmp_path, FILES, proof={"app": "app.py", "steps": failures}) == [
        *told,
        START,
    ]


REFUSED = Note("embeddings", "refused", "app.py", 2, "Embeddings(…) keeps torch: m: too large")


def test_a_refused_embedder_comes_first(tmp_path):
    proof = {"app": "app.py", "steps": [failed("resolve", "still torch", "the same error")]}
    store = Note("stores", "refused", "old.pkl", None, "calls os.system")
    assert steps(tmp_path, FILES, (store, REFUSED), proof) == [
        "Replace the embedder first, torch stays with it: app.py:2,"
        " Embeddings(…) keeps torch: m: too large.",
        f"{MEND}: resolve, still torch.",
        "Decide what becomes of what was refused: old.pkl.",
        START,
    ]


@pytest.mark.parametrize(
    ("notes", "says"),
    [
        ([], None),
        ([("app.py", 2)], "torch stays: the embedder at app.py:2 was refused"),
        ([("app.py", 2), ("app.py", 9)], "torch stays: the embedders at app.py:2, app.py:9 were refused"),
        ([("old.py", 1)], None),
    ],
    ids=["none", "one", "two", "by hand only"],
)  # fmt: skip
def test_why_torch_stays(tmp_path, notes, says):
    project = Project.open(write(tmp_path, FILES))
    for place, line in notes:
        project.note(Note("embeddings", "refused", place, line, "too large"))
    assert torch_stays(project) == says


DATABASES = "DATABASES = {'default': {'ENGINE': 'django.db.backends.sqlite3'}}\n"
INSTALLED = "INSTALLED_APPS = ['django.contrib.auth', 'chat']\n"
HOSTS = (
    "Set ALLOWED_HOSTS to the host's name in web/site1/settings.py{}: Django refuses all others."
)
MIGRATE = "Run `python manage.py migrate` at deploy: the tables are not in the repository."


@pytest.mark.parametrize(
    ("settings", "more", "told"),
    [
        pytest.param("DEBUG = True\nALLOWED_HOSTS = []\n", {}, [HOSTS.format(":2")], id="no host"),
        pytest.param("DEBUG = False\n", {}, [HOSTS.format("")], id="not set"),
        pytest.param("from .base import *\n", {}, [], id="set elsewhere, maybe"),
        pytest.param("ALLOWED_HOSTS = []\nALLOWED_HOSTS += ['a.b']\n", {}, [], id="added to"),
        pytest.param("ALLOWED_HOSTS = ['*']\n", {}, [], id="set"),
        pytest.param(
            "ALLOWED_HOSTS = ['*']\n" + DATABASES + INSTALLED, {}, [MIGRATE], id="users in tables"
        ),
        pytest.param("ALLOWED_HOSTS = ['*']\n" + INSTALLED, {}, [], id="no database"),
        pytest.param(
            "ALLOWED_HOSTS = ['*']\nINSTALLED_APPS = ['chat']\n" + DATABASES,
            {"web/chat/migrations/0001_initial.py": ""}, [MIGRATE], id="tables of its own",
        ),
        pytest.param(
            "ALLOWED_HOSTS = ['*']\n" + DATABASES + INSTALLED,
            {"build.sh": "pip install -r requirements.txt\npython manage.py migrate\n"}, [],
            id="migrated already",
        ),
    ],
)  # fmt: skip
def test_what_django_needs_on_a_host(tmp_path, settings, more, told):
    environment = "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'site1.settings')\n"
    files = {
        "requirements.txt": "django\ngunicorn\n",
        "web/manage.py": f"{environment}from django.core.management import execute_from_command_line\nexecute_from_command_line()\n",
        "web/site1/wsgi.py": f"{environment}from django.core.wsgi import get_wsgi_application\napplication = get_wsgi_application()\n",
        "web/site1/settings.py": settings,
        **more,
    }
    assert steps(tmp_path, files) == [
        *told,
        "Start web/site1/wsgi.py with `gunicorn --workers 1 --threads 8 --bind 0.0.0.0:$PORT"
        " site1.wsgi:application` in web/.",
    ]


def test_more_apps_than_a_list_should_name(tmp_path):
    files = {f"app{n}.py": APP for n in range(6)}
    told = steps(tmp_path, FILES | files)
    assert [step.split(" with ")[0] for step in told] == [
        "Start app.py", *(f"Start app{n}.py" for n in range(4)),
        "Start the others as the table of the apps says.",
    ]  # fmt: skip


COPY = "Copy it over your checkout: `cp -r COPY/. YOUR_REPO/`"
LOOK = "Then look at `git status` and `git diff` there, and commit."


@pytest.mark.parametrize(
    ("command", "deleted", "told"),
    [
        (["m", "run", "shop", "--out", "out"], [], [f"{COPY}. {LOOK}"]),
        (["m", "apply", "shop", "--out=out"], ["old.py"], [f"{COPY}, and delete there old.py. {LOOK}"]),
        (["m", "apply", "shop"], ["old.py"], ["Look at `git status` and `git diff`, and commit."]),
        (["m", "check", "shop"], [], []),
    ],
    ids=["a copy", "a copy with less in it", "in place", "nothing is written"],
)  # fmt: skip
def test_how_the_result_gets_into_the_repository(tmp_path, command, deleted, told):
    project = Project.open(write(tmp_path, FILES))
    project.write(path("new.py"), b"")
    for name in deleted:
        project.delete(path(name))
    assert list(bring_it_in(project, command)) == told
    assert [s for s in next_steps(project, [], None, command) if "git" in s] == told


def test_nothing_is_brought_in_where_nothing_changed(tmp_path):
    project = Project.open(write(tmp_path, FILES))
    assert not list(bring_it_in(project, ["m", "apply", "shop", "--out", "out"]))
