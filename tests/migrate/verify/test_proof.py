from __future__ import annotations

from pathlib import Path

import pytest

from tools.migrate.serving.app import ServedApp
from tools.migrate.verify.copying import copy_tree
from tools.migrate.verify.outcome import run_steps
from tools.migrate.verify.spec import Result
from tools.migrate.verify.steps import Status, Step, broken_before, passed, verdict
from tools.migrate.verify.stores import unconverted

MEMORY = {"rss_mib": 150.0, "working_set_mib": 120.0}


def result(**changed: object) -> Result:
    figures = {
        "enforcement": "cgroup v1",
        "ready_s": 1.0,
        "memory": {"at rest": MEMORY, "peak": MEMORY},
        "asked": 400,
        "answered": 400,
        "questions": 200,
        "upstream_requests": 400,
        "sessions": "apart",
    }
    return Result(**(figures | changed))


def outcome(ran: Result) -> dict[str, Status]:
    return {step.name: step.status for step in run_steps(ran, 512.0)}


def test_a_run_in_which_all_went_well_passes():
    assert set(outcome(result()).values()) == {Status.PASS}


@pytest.mark.parametrize(
    ("changed", "failed"),
    [
        pytest.param({"ready_s": None, "error": "not ready"}, "start", id="never ready"),
        pytest.param({"answered": 399}, "answers", id="one question without an answer"),
        pytest.param({"oom_killed": True}, "answers", id="killed for memory"),
        pytest.param({"upstream_requests": 1}, "answers", id="hardly any answer from the model"),
        pytest.param({"torch_missed": "No module named 'torch'"}, "answers", id="torch missed"),
        pytest.param(
            {"memory": {"at rest": MEMORY, "peak": {**MEMORY, "working_set_mib": 420.0}}},
            "answers",
            id="over the share of the limit",
        ),
        pytest.param({"sessions": "mixed"}, "visitors", id="visitors share a conversation"),
    ],
)
def test_what_must_fail(changed, failed):
    assert outcome(result(**changed))[failed] is Status.FAIL


PAGES = {"asked": 0, "answered": 0, "sessions": None, "upstream_requests": 0}


@pytest.mark.parametrize(
    ("framework", "changed", "status", "says"),
    [
        pytest.param(
            "streamlit",
            {"pages": {"/": 200}, "session": "the script ran in a session and made 4 elements"},
            Status.PASS,
            "GET / 200; the script ran in a session and made 4 elements; peak 120 MiB",
            id="Streamlit",
        ),
        pytest.param(
            "streamlit",
            {"pages": {"/": 200}, "session": "ran", "session_error": "ModuleNotFoundError: x"},
            Status.FAIL,
            "GET / 200; ran; the app shows: ModuleNotFoundError: x",
            id="the page is served, the script fails",
        ),
        pytest.param("gradio", {"pages": {"/": 200, "/config": 404}}, Status.FAIL, "GET / 200, GET /config 404", id="Gradio without its page"),
        pytest.param(
            "fastapi",
            {"pages": {"/": 404}},
            Status.NOT_APPLICABLE,
            "GET / 404; no route that takes a question was recognised: name one with --probe",
            id="no question to ask",
        ),
        pytest.param("flask", {"pages": {"/": 500}}, Status.FAIL, "GET / 500: the app's own error", id="an error page"),
    ],
)  # fmt: skip
def test_an_app_that_is_looked_at(framework, changed, status, says):
    app = ServedApp(framework, Path("a.py"), 1, "module", "app", Path("."))
    answers = run_steps(result(**PAGES, **changed), 512.0, app)[1]
    assert (answers.status, answers.detail) == (status, says)


def unresolved(host: str) -> str:
    return (
        f"MaxRetryError: https (Caused by NameResolutionError(\"x: Failed to resolve '{host}'\"))"
    )


OTHER_HOST = (
    "the app asks api.pinecone.io, which the cut-off network does not reach: not to be proved here"
)


@pytest.mark.parametrize(
    ("host", "status"),
    [
        pytest.param("api.pinecone.io", Status.NOT_APPLICABLE, id="a database elsewhere"),
        pytest.param("huggingface.co", Status.FAIL, id="a model that should be on the disk"),
        pytest.param("api.openai.com", Status.FAIL, id="a model API"),
    ],
)
def test_a_host_that_the_network_does_not_reach(host, status):
    app = ServedApp("streamlit", Path("app.py"), 1, "script", None, Path("."))
    shown = run_steps(result(**PAGES, session_error=unresolved(host)), 512.0, app)[1]
    died = run_steps(result(ready_s=None, error=f"ended | {unresolved(host)}"), 512.0)
    assert (shown.status, died[0].status) == (status, status)
    if status is Status.NOT_APPLICABLE:
        assert OTHER_HOST in shown.detail
        assert [step.detail for step in died] == [OTHER_HOST, OTHER_HOST]


def test_an_unreachable_host_does_not_hide_that_torch_is_missed():
    torch = "No module named 'torch'"
    ran = result(**PAGES, session_error=unresolved("api.pinecone.io"), torch_missed=torch)
    assert outcome(ran)["answers"] is Status.FAIL


def test_what_had_failed_before_is_counted_so():
    ours = Step("import", Status.FAIL, "no groq")
    theirs = Step("start", Status.FAIL, "no groq", before="groq was not among its requirements")
    fine = Step("install", Status.PASS, "")
    assert not broken_before([fine, ours, theirs])
    assert verdict([fine, ours, theirs]) == "fail"
    assert broken_before([fine, theirs])
    assert not passed([fine, theirs])
    assert verdict([fine, theirs]) == "fail (not by the conversion: it failed before too)"
    assert theirs.sentence == (
        "no groq — failed before the conversion too: groq was not among its requirements"
    )


def test_nothing_passed_is_no_pass():
    assert not passed([])
    assert not passed([Step("retrieval", Status.NOT_APPLICABLE, "no store is committed")])


def test_a_store_that_was_left_is_not_overlooked(tmp_path):
    for folder, files in {
        "old/store": ("index.faiss", "index.pkl"),
        "old/done": ("index.faiss", "index.pkl"),
        "old/annoy": ("index.pkl",),
        "new/store": ("index.faiss", "index.pkl"),
        "new/done": ("index.faiss", "manifest.json"),
    }.items():
        for name in files:
            (tmp_path / folder).mkdir(parents=True, exist_ok=True)
            (tmp_path / folder / name).touch()
    assert unconverted(tmp_path / "old", tmp_path / "new") == [Path("store")]


def test_an_environment_is_not_copied_but_a_package_of_that_name_is(tmp_path):
    hidden = (".venv/pyvenv.cfg", ".git/config", ".env", ".streamlit/secrets.toml")
    for name in (*hidden, "env/__init__.py", "app.py"):
        file = tmp_path / "old" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    copy_tree(tmp_path / "old", tmp_path / "new")
    copied = {
        str(p.relative_to(tmp_path / "new")) for p in (tmp_path / "new").rglob("*") if p.is_file()
    }
    assert copied == {"env/__init__.py", "app.py"}
