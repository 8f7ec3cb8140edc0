"""The report of `bench.loads`: what was run at different times, each with the code that it was of."""

from __future__ import annotations

import json

import pytest

from bench.load_cases import REFERENCE
from bench.loads import main

RAN = {"title": "steady, as it was", "loaded": {"name": "service", "sha256": "1"}}


def left(work, name, verdict, ran=None):
    """What a run leaves in the work folder."""
    (work / name).mkdir(parents=True)
    whole = {"schema": 1, "verdict": verdict, "machine": {"measured": "2026-01-02"}, "series": {}}
    (work / name / "load.json").write_text(json.dumps(whole))
    if ran:
        (work / name / "case.json").write_text(json.dumps(ran))


@pytest.fixture
def collected(tmp_path, monkeypatch):
    """The report that --collect makes of a work folder and of the report before."""
    monkeypatch.delenv("REFERENCE", raising=False)

    def collect(work):
        out = tmp_path / "load.json"
        assert main(["--collect", "--work", str(tmp_path / work), "--out", str(out)]) == 0
        return json.loads(out.read_text())

    return collect


def test_each_load_keeps_the_code_that_it_was_of(tmp_path, collected):
    left(tmp_path / "work", "steady-512", "pass", RAN)
    left(tmp_path / "work", "spike-512", "fail")

    loads = collected("work")["loads"]

    assert loads["steady-512"] == {**RAN, "measured": "2026-01-02", "verdict": "pass"}
    assert loads["spike-512"]["title"] == "spike from 30 to 300 visitors, inside 512MiB"
    assert loads["spike-512"]["loaded"] is None


def test_what_is_not_run_again_stays(tmp_path, collected):
    left(tmp_path / "first", "steady-512", "fail")
    left(tmp_path / "first", "spike-512", "fail")
    left(tmp_path / "second", "spike-512", "pass")
    collected("first")

    report = collected("second")

    verdicts = {name: load["verdict"] for name, load in report["loads"].items()}
    assert verdicts == {"steady-512": "fail", "spike-512": "pass"}
    assert {"steady-160", *REFERENCE} <= set(report["not_run"])


def test_what_was_interrupted_is_no_figure(tmp_path, collected):
    left(tmp_path / "first", "steady-512", "pass")
    left(tmp_path / "second", "steady-512", "interrupted")
    collected("first")

    assert collected("second")["loads"]["steady-512"]["verdict"] == "pass"


@pytest.mark.parametrize(
    ("name", "says"),
    [
        pytest.param("nothing", "there is no load 'nothing'", id="unknown"),
        pytest.param("legacy-slow", "legacy-slow needs REFERENCE=checkout", id="no checkout"),
    ],
)
def test_what_cannot_be_run_is_said(monkeypatch, capsys, name, says):
    monkeypatch.delenv("REFERENCE", raising=False)

    assert main([name]) == 2
    assert says in capsys.readouterr().err
