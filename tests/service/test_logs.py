from __future__ import annotations

import logging

from service.logs import MAX_LINE_CHARS, Pace, cut


def record(level: int = logging.INFO) -> logging.LogRecord:
    return logging.LogRecord("service", level, __file__, 1, "n=%d", (1,), None)


def test_a_long_line_is_cut_and_says_so():
    assert cut("x" * MAX_LINE_CHARS) == "x" * MAX_LINE_CHARS
    assert cut("x" * (MAX_LINE_CHARS + 7)) == "x" * MAX_LINE_CHARS + " ... 7 more"


def test_so_many_lines_pass_in_a_second_and_errors_always():
    now = [0.0]
    pace = Pace(2, clock=lambda: now[0])
    assert [pace.filter(record()) for _ in range(4)] == [True, True, False, False]
    assert pace.filter(record(logging.ERROR))
    assert pace.dropped == 2
    now[0] = 1
    first, second = record(), record()
    assert pace.filter(first)
    assert pace.filter(second)
    assert [first.getMessage(), second.getMessage()] == ["n=1 left_out=2", "n=1"]
