from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.limits.programs import SLEEP
from tools.limits import start
from tools.profile.marks import Marks
from tools.profile.told import TOLD


@pytest.fixture
def marks():
    with start(SLEEP) as app:
        marks = Marks()
        marks.begin(app)
        yield marks


def ends(marks: Marks, *moments: str) -> list[str]:
    """The stages, in the order of their ends, after these files and moments."""
    for moment in moments:
        if "." in moment:
            marks.opened(Path(moment))
        else:
            marks.take(moment)
    return list(marks.stages())


def test_before_anything_is_seen_there_is_no_stage(marks):
    assert ends(marks) == []


def test_an_app_without_model_and_store(marks):
    moments = ["app.py", "listening", "ready", "first_request", "load", "after"]
    assert ends(marks, *moments) == ["imports", "ready", "first_request", "load", "after"]


def test_what_listens_for_workers_to_come_has_imported_nothing_yet(marks):
    ends(marks, "listening", "ready")
    marks.listened_for_others()
    assert ends(marks, "workers", "first_request") == [
        "imports",
        "ready",
        "workers",
        "first_request",
    ]
    stages = marks.stages()
    assert stages["imports"] == stages["ready"]


def test_model_and_store_end_where_the_next_begins(marks):
    moments = ["tokenizer.json", "model.onnx", "index.faiss", "listening", "ready"]
    assert ends(marks, *moments) == ["imports", "model", "store", "ready"]
    stages = marks.stages()
    assert stages["store"] == stages["ready"]


def test_each_end_says_what_it_was_seen_by(marks):
    ends(marks, "model.onnx", "index.faiss", "ready", "first_request")
    assert {name: mark.seen for name, mark in marks.stages().items()} == {
        "imports": "first open of model.onnx",
        "model": "first open of index.faiss",
        "store": "first 200 on the ready path",
        "ready": "first 200 on the ready path",
        "first_request": "first answer",
    }


def test_an_end_that_the_app_tells_says_so(marks):
    marks.told("imports", time.monotonic())
    assert marks.stages()["imports"].seen == "told by the app"


def test_the_store_may_come_first(marks):
    moments = ["index.faiss", "model.onnx", "ready"]
    assert ends(marks, *moments) == ["imports", "store", "model", "ready"]


def test_a_model_that_is_loaded_for_the_first_request(marks):
    moments = ["listening", "ready", "model.onnx", "first_request"]
    assert ends(marks, *moments) == ["imports", "ready", "model", "first_request"]
    stages = marks.stages()
    assert stages["model"] == stages["first_request"]


def test_only_the_first_moment_counts(marks):
    ends(marks, "ready")
    first = marks.stages()["ready"]
    ends(marks, "ready")
    assert marks.stages()["ready"] == first
    assert first.reading.processes == 1


def test_what_the_app_tells_is_believed(marks):
    begun_s = time.monotonic()
    ends(marks, "index.faiss", "model.onnx")
    for number, stage in enumerate(["imports", "model", "store"], 1):
        marks.told(stage, begun_s + number / 1e6)
    assert ends(marks, "listening", "ready") == ["imports", "model", "store", "ready"]
    stages = marks.stages()
    between_ms = stages["store"].at_ms - stages["imports"].at_ms
    assert between_ms == pytest.approx(0.002, abs=1e-4)


def test_a_second_worker_that_tells_does_not_count(marks):
    begun_s = time.monotonic()
    marks.told("imports", begun_s)
    first = marks.stages()["imports"]
    marks.told("imports", begun_s + 1)
    assert marks.stages()["imports"] == first


@pytest.mark.parametrize(
    ("told", "expected"),
    [(["imports"], "model"), (["imports", "model"], "store"), (TOLD, "ready")],
    ids=["in the model", "in the store", "before it listens"],
)
def test_the_stage_in_which_an_app_that_tells_died(marks, told, expected):
    for stage in told:
        marks.told(stage, time.monotonic())
    assert marks.reached("imports") == expected


def test_files_are_kept_by_kind(marks):
    ends(marks, "app.py", "b.pyc", "model.onnx", "notes.txt")
    assert marks.sources == {Path("app.py"), Path("b.pyc")}
    assert list(marks.data) == [Path("model.onnx")]


@pytest.mark.parametrize(
    ("moments", "waited_for", "expected"),
    [
        ([], "imports", "imports"),
        (["model.onnx"], "imports", "model"),
        (["model.onnx", "index.faiss"], "imports", "store"),
        (["model.onnx"], "ready", "ready"),
    ],
    ids=["nothing loaded", "in the model", "in the store", "after listening"],
)
def test_the_stage_in_which_an_app_died(marks, moments, waited_for, expected):
    ends(marks, *moments)
    assert marks.reached(waited_for) == expected
