from __future__ import annotations

from collections import Counter

import pytest

from tools.limits.faults import Faults, parse_faults
from vectorstore.commandline import CommandError

BODIES = [f"question {number}".encode() for number in range(2000)]


def test_no_faults_without_shares():
    assert {Faults({}).draw(body) for body in BODIES} == {None}
    assert {Faults({"429": 0.0}).draw(body) for body in BODIES} == {None}


def test_a_share_of_one_hits_every_request():
    assert {Faults({"cut": 1.0}).draw(body) for body in BODIES} == {"cut"}


def test_shares_are_met():
    faults = Faults({"429": 0.1, "timeout": 0.05}, seed=3)
    drawn = Counter(faults.draw(body) for body in BODIES)
    assert 160 < drawn["429"] < 240
    assert 70 < drawn["timeout"] < 130
    assert drawn[None] == 2000 - drawn["429"] - drawn["timeout"]


def test_the_order_of_arrival_does_not_matter_and_the_seed_does():
    first, backwards = Faults({"500": 0.5}, seed=1), Faults({"500": 0.5}, seed=1)
    drawn = {body: first.draw(body) for body in BODIES}
    assert {body: backwards.draw(body) for body in reversed(BODIES)} == drawn
    other = Faults({"500": 0.5}, seed=2)
    assert {body: other.draw(body) for body in BODIES} != drawn


def test_a_retry_is_a_new_draw():
    faults = Faults({"503": 0.5}, seed=1)
    assert {faults.draw(b"the same") for _ in range(50)} == {"503", None}


def test_reads_shares():
    assert parse_faults([]) == {}
    assert parse_faults(["429:0.1", "reset:.05"]) == {"429": 0.1, "reset": 0.05}


@pytest.mark.parametrize(
    ("word", "says"),
    [
        pytest.param("429", "is not KIND:SHARE", id="no share"),
        pytest.param("429:many", "is not KIND:SHARE", id="no number"),
        pytest.param("slow:0.1", "there is no fault 'slow'. Choose an error status", id="unknown"),
        pytest.param("200:0.1", "there is no fault '200'", id="no error status"),
        pytest.param("429:1.5", "between 0 and 1", id="above one"),
        pytest.param("429:-0.1", "between 0 and 1", id="below zero"),
        pytest.param("429:nan", "between 0 and 1", id="nan"),
    ],
)
def test_refuses_what_is_no_share_of_a_fault(word, says):
    with pytest.raises(CommandError, match=says):
        parse_faults([word])


def test_refuses_more_than_all():
    with pytest.raises(CommandError, match="their sum too"):
        parse_faults(["429:0.6", "500:0.6"])
