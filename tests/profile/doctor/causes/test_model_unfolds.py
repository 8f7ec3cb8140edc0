from __future__ import annotations

from tests.profile.doctor.evidence import evidence
from tools.profile.doctor.causes.model_unfolds import find

UNFOLDED = {"model": (1500.0, 190.0)}


def test_a_small_or_a_mapped_model_is_no_finding():
    assert find(evidence()) is None
    assert find(evidence(UNFOLDED, mapped=[("model", 150.0)])) is None


def test_weights_in_anonymous_memory():
    finding = find(evidence(UNFOLDED, mapped=[("model", 12.0)]))
    assert finding.mib == 140.0
    assert finding.what == "loading the model took anonymous memory; 12 MiB of its file are mapped"
