"""What is known of the original without installing it: from what its requirements resolve to."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from tests.migrate.helpers import write
from tools.migrate.verify.before import Before
from tools.migrate.verify.manifests import Lock
from tools.migrate.verify.options import Options
from tools.migrate.verify.steps import Status, Step
from tools.migrate.verify.subject import Subject

APP = "from flask import Flask\napp = Flask(__name__)\nFAQ, HELP = 'docs/faq.txt', 'help.md'\n"
TORCH_MIB = 3000.0  # too large to be installed unasked


@pytest.fixture
def before(tmp_path) -> Before:
    """The original, with what it is said to resolve to."""
    original = write(tmp_path / "original", {"app.py": APP, "help.md": ""})
    found = Before(original, tmp_path / "before", Options(), lambda text: None)
    versions = {"flask": "3.1", "langchain": "1.2", "torch": "2.7"}
    found.subject.lock = Lock("3.11", versions, TORCH_MIB)
    found.resolved = Step("resolve", Status.PASS, "")
    return found


@pytest.fixture
def converted(tmp_path) -> Subject:
    subject = Subject(write(tmp_path / "new", {"app.py": APP}), tmp_path / "after", Options())
    packages = {"flask": "3.1", "langchain": "1.2", "pydantic": "2"}
    subject.environment = SimpleNamespace(packages=packages)
    return subject


@pytest.mark.parametrize(
    ("errors", "known"),
    [
        pytest.param(
            ["ModuleNotFoundError: No module named 'groq'"],
            "groq was not among its requirements",
            id="never asked for",
        ),
        pytest.param(
            ["ModuleNotFoundError: No module named 'langchain.chains'"],
            "langchain 1.2 is what it was installed with",
            id="the same version",
        ),
        pytest.param(
            ["ImportError: cannot import name 'LLMChain' from 'langchain' (a/b.py)"],
            "langchain 1.2 is what it was installed with",
            id="a name of the same version",
        ),
        pytest.param(
            ["ImportError: none of langchain_community.vectorstores:FAISS can be imported: pip"],
            "langchain-community was not among its requirements",
            id="what our runtime found none of",
        ),
        pytest.param(["ModuleNotFoundError: No module named 'torch'"], None, id="taken out by us"),
        pytest.param(
            ["ModuleNotFoundError: No module named 'groq'", "NameError: name 'x' is not defined"],
            None,
            id="one of them is not known",
        ),
    ],
)
def test_imports(before, converted, errors, known):
    converted.import_errors = [(f"app.py:{n}", error) for n, error in enumerate(errors)]
    step = Step("import", Status.FAIL, "; ".join(errors))
    assert before.mark(step, converted).before == known


PYPDF = "ImportError: `pypdf` package not found, please install it with `pip install pypdf`"
FAISS = (
    "ImportError: Could not import faiss python package. Please install it with"
    " `pip install faiss-gpu` (for CUDA supported GPU) or `pip install faiss-cpu`"
)
TORCH = "ImportError: Could not import torch, please install it with `pip install -U torch`."
ODBC = "ImportError: libodbc.so.2: cannot open shared object file: No such file or directory"


@pytest.mark.parametrize("name", ["start", "answers"])
@pytest.mark.parametrize(
    ("error", "known"),
    [
        pytest.param(
            "ModuleNotFoundError: No module named 'groq'",
            "groq was not among its requirements",
            id="a module",
        ),
        pytest.param(PYPDF, "pypdf was not among its requirements", id="a package that is advised"),
        pytest.param(TORCH, None, id="advised, and taken out by us"),
        pytest.param(FAISS, "faiss-gpu was not among its requirements", id="neither of two"),
        pytest.param("ValueError: pip install pypdf", None, id="not for want of an import"),
        pytest.param(
            ODBC,
            "this machine lacks the system library libodbc.so.2, and a host needs it too",
            id="a system library",
        ),
    ],
)
def test_the_running_app_misses(before, converted, name, error, known):
    step = Step(name, Status.FAIL, f"the app shows: line 2 | {error}")
    assert before.mark(step, converted).before == known


@pytest.mark.parametrize(
    ("path", "known"),
    [
        pytest.param("docs/faq.txt", "docs/faq.txt was not in the repository", id="never there"),
        pytest.param("help.md", None, id="it was there"),
        pytest.param("models/tokenizer.json", None, id="only the conversion asks for it"),
    ],
)
def test_a_document_that_cannot_be_opened(before, converted, path, known):
    step = Step("start", Status.FAIL, f"ended | RuntimeError: Error loading {path}")
    assert before.mark(step, converted).before == known


def test_one_of_two_advised_packages_that_was_there_is_no_excuse(before, converted):
    before.subject.lock.versions["faiss-cpu"] = "1.12"
    step = Step("start", Status.FAIL, FAISS)
    assert before.mark(step, converted).before is None


def test_a_system_library_that_an_import_misses(before, converted):
    converted.import_errors = [("app.py:1", ODBC)]
    known = before.mark(Step("import", Status.FAIL, ODBC), converted).before
    assert known == "this machine lacks the system library libodbc.so.2, and a host needs it too"


def test_a_step_that_passed_and_a_retrieval_stay_as_they_are(before, converted):
    for step in (Step("import", Status.PASS, ""), Step("retrieval of x", Status.FAIL, "differs")):
        assert before.mark(step, converted) == step


def test_requirements_that_never_resolved_excuse_what_follows(before, converted):
    before.resolved = Step("resolve", Status.FAIL, "no solution\nfor a and b")
    step = Step("retrieval of store", Status.FAIL, "differs")
    assert before.mark(step, converted).before is None
    step = Step("resolve", Status.FAIL, "no solution\nfor a and b")
    assert before.mark(step, converted).before == "the same error"
    step = Step("install", Status.FAIL, "cannot")
    assert before.mark(step, converted).before == "its requirements do not resolve (no solution)"
