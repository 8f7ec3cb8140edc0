"""What the benchmark takes out of the service is there: else two of its sides would be one."""

from __future__ import annotations

from bench.freed import AT_ONCE, KEPT
from service import embed_queue, parts


def test_what_is_taken_out_is_there():
    assert "parts.keep_no_large_blocks =" in KEPT
    assert callable(parts.keep_no_large_blocks)
    assert "embed_queue.LONG_BYTES =" in AT_ONCE
    assert isinstance(embed_queue.LONG_BYTES, int)
