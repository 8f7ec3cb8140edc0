from __future__ import annotations

import socket

import pytest

from tools.limits.free_port import free_port
from tools.profile.client import Request
from tools.profile.ports import Address
from tools.profile.probe import Probe
from tools.profile.ready import Ended

CHAT, ASK = Request("POST", "/chat", {}), Request("POST", "/ask", {})


def test_an_app_that_hangs_is_given_up_at_the_second_path():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        probe = Probe(Address("127.0.0.1", silent.getsockname()[1]), 0.2)
        assert not probe.accepts(CHAT)
        with pytest.raises(Ended, match="POST /ask got no answer within 0.2 s, nor did") as ended:
            probe.accepts(ASK)
    assert (ended.value.stage, ended.value.alive) == ("first_request", True)


def test_what_refuses_at_once_hangs_nobody():
    probe = Probe(Address("127.0.0.1", free_port()), 5.0)
    assert [probe.accepts(CHAT) for _ in range(5)] == [False] * 5
    assert probe.hung == 0
