from __future__ import annotations

from tests.profile.doctor.evidence import evidence
from tests.profile.profiles import figure
from tools.profile.doctor.causes.slow_answers import find
from tools.profile.doctor.evidence import Evidence
from tools.profile.ready import Ended
from tools.profile.stops import died


def test_quick_answers_are_no_finding():
    assert find(evidence(load=(900.0, 999.0))) is None


def test_where_the_time_goes_is_told_as_far_as_it_was_measured():
    parts = {"processor_ms": figure(900.0)}
    finding = find(evidence(load=(1000.0, 1500.0), parts=parts, upstream_ms=640.0))
    assert (finding.ms, finding.remedy.split()[0]) == (1500.0, "Embed")
    assert finding.what == (
        "one answer in twenty takes 1500 ms here, half of them 1000 ms. Of it: the processor works"
        " 900 ms for one, waiting 100 ms; embedding and search apart: not measured. The model API"
        " (here a local one that answers at once): 640 ms to its first byte"
    )


def test_waiting_for_others():
    finding = find(evidence(load=(1000.0, 1500.0), parts={"processor_ms": figure(100.0)}))
    assert "waiting 900 ms" in finding.what
    assert finding.what.endswith("answers at once): not measured")
    assert finding.remedy.startswith("Let blocking calls run in threads")


def test_what_the_app_tells_itself():
    finding = find(evidence(load=(1000.0, 1500.0), parts={"told_retrieve_ms": figure(12.0)}))
    assert "Of it: search 12 ms. The model API" in finding.what


def test_swapping_comes_first():
    finding = find(evidence(load=(1000.0, 1500.0), log="Error R14 (Memory quota exceeded)"))
    assert finding.remedy.endswith("First bring it below its memory: Heroku swaps above it.")


def test_one_that_never_answers():
    ended = Ended("first_request", "POST /chat got no answer", alive=True)
    finding = find(Evidence(None, died=died(ended, None, "  | waiting")))
    assert finding.what == "it is ready, and then never answers: POST /chat got no answer"
    assert finding.lines == "  | waiting"
