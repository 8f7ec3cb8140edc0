from __future__ import annotations

from pathlib import PurePosixPath
from types import SimpleNamespace

import pytest

from tests.migrate.helpers import write
from tools.migrate.project import Project
from tools.migrate.verify.before import Before
from tools.migrate.verify.manifests import Lock
from tools.migrate.verify.missing_store import missing_store
from tools.migrate.verify.options import Options
from tools.migrate.verify.steps import Status, Step
from tools.migrate.verify.subject import Subject

HEAD = "from flask import Flask\nfrom x import FAISS\nimport pickle\napp = Flask(__name__)\n"
LOCAL = HEAD + "PLACE = './data/store'\ndb = FAISS.load_local(PLACE, None)\n"
PICKLED = HEAD + "path = 'store.pkl'\ndb = pickle.load(open(path, 'rb'))\n"


@pytest.mark.parametrize(
    ("files", "why"),
    [
        pytest.param({"app.py": HEAD}, None, id="no store"),
        pytest.param({"app.py": LOCAL}, "data/store/index.faiss, which app.py:6 opens, was not in the repository", id="no folder"),
        pytest.param({"app.py": LOCAL, "data/store/index.pkl": ""}, "data/store/index.faiss, which app.py:6 opens, was not in the repository", id="only the texts"),
        pytest.param({"app.py": LOCAL, "data/store/index.faiss": ""}, "data/store/index.pkl, which app.py:6 opens, was not in the repository", id="only the vectors"),
        pytest.param({"app.py": LOCAL, "data/store/index.faiss": "", "data/store/index.pkl": ""}, None, id="whole"),
        pytest.param({"api/app.py": LOCAL, "api/data/store/index.faiss": "", "api/data/store/index.pkl": ""}, None, id="beside the app"),
        pytest.param({"app.py": PICKLED}, "store.pkl, which app.py:5 opens, was not in the repository", id="pickled whole"),
        pytest.param({"app.py": PICKLED, "store.pkl": ""}, None, id="the pickle is there"),
        pytest.param({"app.py": PICKLED + "pickle.dump(db, open(path, 'wb'))\n"}, None, id="the app writes it"),
        pytest.param({"app.py": HEAD + "FAISS.load_local('/var/store', None)\n"}, None, id="elsewhere on the machine"),
        pytest.param({"app.py": HEAD, "ingest.py": LOCAL.replace("Flask(__name__)", "1")}, None, id="opened by a script alone"),
    ],
)  # fmt: skip
def test_what_the_repository_lacks(tmp_path, files, why):
    project = Project.open(write(tmp_path, files))
    folder = PurePosixPath("api" if "api/app.py" in files else ".")
    assert missing_store(project, folder) == why


@pytest.mark.parametrize(
    ("detail", "logged", "known"),
    [
        pytest.param("POST /chat was answered with 500: Vector store not initialized", None, True, id="the app's own words"),
        pytest.param("ended before it was ready (exit 3): Worker exiting", "StoreError: there is no store", True, id="the runtime's, further up in the log"),
        pytest.param("ended before it was ready (exit 1): NameError: name 'x'", None, False, id="something else"),
    ],
)  # fmt: skip
def test_a_failure_for_want_of_a_store(tmp_path, detail, logged, known):
    original = write(tmp_path / "original", {"app.py": PICKLED})
    before = Before(original, tmp_path / "before", Options(before=None), lambda text: None)
    before.subject.lock = Lock("3.11", {"flask": "3.1", "torch": "2.7"}, 3000.0)
    before.resolved = Step("resolve", Status.PASS, "")
    converted = Subject(write(tmp_path / "new", {"app.py": PICKLED}), tmp_path / "after", Options())
    converted.result = SimpleNamespace(store_error=logged)
    marked = before.mark(Step("start", Status.FAIL, detail), converted)
    expected = "store.pkl, which app.py:5 opens, was not in the repository" if known else None
    assert marked.before == expected
