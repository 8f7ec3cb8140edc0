from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.service.helpers import running

LONG = " ".join(f"word{n} parcel" for n in range(120))


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's heap")
def test_long_questions_leave_nothing_behind(tmp_path):
    with running(tmp_path, CACHE_MIB="0", QUEUE_TIMEOUT_S="600") as service:
        for n in range(20):
            service.chat(f"How much is shipping to country {n}?")
        before = service.metric("fit512_anonymous_bytes")
        with ThreadPoolExecutor(2) as pool:
            answers = list(pool.map(lambda n: service.chat(f"{n} {LONG}"), range(24)))
        assert {answer.status_code for answer in answers} == {200}
        # nothing to speak of, and 20 where freed blocks are kept
        assert service.metric("fit512_anonymous_bytes") - before < 12 * 2**20
