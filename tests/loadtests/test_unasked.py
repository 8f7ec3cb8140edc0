"""How many questions a visitor leaves unasked."""

from __future__ import annotations

import pytest

from loadtests.unasked import due_between


@pytest.mark.parametrize(
    ("next_s", "count"),
    [
        pytest.param(12.0, 0, id="the next is due later"),
        pytest.param(9.95, 0, id="it was due a moment ago"),
        pytest.param(9.0, 1, id="one is late"),
        pytest.param(5.0, 3, id="at 5, 7 and 9 s"),
    ],
)
def test_one_each_two_seconds(next_s, count):
    assert due_between(next_s, 10.0, 2.0) == count
