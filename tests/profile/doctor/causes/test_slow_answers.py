from __future__ import annotations

from tests.profile.doctor.evidence import evidence
from tools.profile.doctor.causes.slow_answers import find


def test_quick_answers_are_no_finding():
    assert find(evidence(load=(900.0, 999.0))) is None


def test_work_of_its_own():
    finding = find(evidence(load=(1000.0, 1500.0)))
    assert finding.ms == 1500.0
    assert finding.what.endswith("embedding, search and the app's own work")


def test_waiting_for_others():
    finding = find(evidence(load=(100.0, 1500.0)))
    assert finding.what.endswith("so most of it is waiting for others")


def test_swapping_comes_first():
    finding = find(evidence(load=(1000.0, 1500.0), log="Error R14 (Memory quota exceeded)"))
    assert finding.remedy.endswith("First bring it below its memory: Heroku swaps above it.")
