from __future__ import annotations

import time
from email.utils import formatdate

import pytest

from service.retries import LONGEST_WAIT_S, backoff_s, may_be_retried, retry_after_s


@pytest.mark.parametrize(
    ("status", "again"),
    [(400, False), (401, False), (408, False), (429, True), (499, False), (500, True), (599, True)],
)
def test_which_statuses_are_tried_again(status, again):
    assert may_be_retried(status) is again


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        pytest.param(None, None, id="none"),
        pytest.param("3", 3.0, id="seconds"),
        pytest.param(" 0 ", 0.0, id="now"),
        pytest.param("9" * 400, 86_400.0, id="400 digits"),
        pytest.param("Fri, 31 Dec 9999 23:59:59 GMT", 86_400.0, id="a date far off"),
        pytest.param("-1", None, id="negative"),
        pytest.param("soon", None, id="a word"),
        pytest.param("²", None, id="no digit of ASCII"),
        pytest.param(formatdate(0, usegmt=True), 0.0, id="a date gone by"),
    ],
)
def test_retry_after(header, seconds):
    assert retry_after_s(header) == seconds


def test_retry_after_a_date():
    waits = retry_after_s(formatdate(time.time() + 100, usegmt=True))
    assert waits is not None
    assert 90 < waits <= 100


def test_waits_double_up_to_a_bound():
    for attempt, longest in enumerate((0.5, 1, 2, 4, 8, 8, 8)):
        waits = [backoff_s(attempt) for _ in range(50)]
        assert longest / 2 <= min(waits) <= max(waits) <= longest <= LONGEST_WAIT_S
