from __future__ import annotations

import signal
import sys
import time

import pytest

from tests.service.helpers import eventually, running

QUESTION = "Do you take PayPal?"
DAY_S = 86_400


@pytest.mark.skipif(sys.platform == "win32", reason="the jumps are signals")
def test_a_wall_clock_that_jumps_changes_nothing(tmp_path):
    def off_s() -> float:
        """How far the service's wall clock is from ours."""
        asked = {"messages": [{"role": "user", "content": "When?"}]}
        reply = service.client.post("/v1/chat/completions", json=asked)
        return float(reply.json()["created"] - time.time())

    settings = {"SESSIONS_TTL_S": "3600", "CACHE_TTL_S": "3600", "RATE_LIMIT": "1000"}
    with running(tmp_path, module="tests.service.clock_app", **settings) as service:
        assert not service.chat(QUESTION, "a").json()["cached"]
        for jump, lands_s in ((signal.SIGUSR1, DAY_S), (signal.SIGUSR2, -DAY_S)):
            service.process.send_signal(jump)
            eventually(lambda lands_s=lands_s: abs(off_s() - lands_s) < DAY_S / 2)
            assert service.chat(QUESTION).json()["cached"]
            service.client.get("/metrics")  # sweeps
            assert service.metric('fit512_sessions_dropped_total{reason="age"}') == 0
            assert service.metric('fit512_refused_total{reason="rate"}') == 0
            assert service.client.get("/health").status_code == 200
        assert service.client.delete("/sessions/a").status_code == 204
