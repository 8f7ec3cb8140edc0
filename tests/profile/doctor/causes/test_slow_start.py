from __future__ import annotations

from tests.profile.doctor.evidence import evidence
from tools.profile.doctor.causes.slow_start import find
from tools.profile.doctor.evidence import Evidence
from tools.profile.ready import Ended
from tools.profile.stops import died


def test_a_quick_start_is_no_finding():
    assert find(evidence()) is None


def test_the_longest_stage_is_named():
    late = {"imports": (21_000.0, 50.0), "model": (22_000.0, 70.0), "store": (22_100.0, 72.0)}
    finding = find(evidence({**late, "ready": (22_200.0, 74.0)}))
    assert finding.ms == 22_200.0
    assert finding.what == "ready after 22.2 s here, most of it imports (21.0 s)"


def test_a_host_that_gave_up_waiting():
    finding = find(evidence(log="Error R10 (Boot timeout) -> Web process failed to bind"))
    assert finding.what == "ready after 1.7 s here, most of it imports (1.0 s)"


def test_a_store_that_is_loaded_before_the_model():
    loaded = {"store": (1_100.0, 51.0), "model": (21_000.0, 70.0)}
    finding = find(evidence({**loaded, "ready": (22_200.0, 74.0)}))
    assert finding.what == "ready after 22.2 s here, most of it model (19.9 s)"


def test_an_app_that_was_never_ready_here():
    ended = Ended("imports", "it did not listen on any port in time", alive=True)
    finding = find(Evidence(None, died=died(ended, None, "  | polling")))
    assert finding.what == "never ready here: it did not listen on any port in time"
    assert finding.lines == "  | polling"


def test_one_that_was_ready_did_not_start_slowly():
    ended = Ended("first_request", "POST /chat got no answer", alive=True)
    assert find(Evidence(None, died=died(ended, None))) is None
