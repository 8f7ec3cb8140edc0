from __future__ import annotations

import os
import socket

import pytest

from tools.profile.ports import Address, listening


def test_finds_the_port_on_which_a_process_listens():
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = Address("127.0.0.1", server.getsockname()[1])
        assert address in listening([os.getpid()])
    assert address not in listening([os.getpid()])


def test_a_connection_is_no_listener():
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()) as client,
    ):
        own = Address("127.0.0.1", client.getsockname()[1])
        assert own not in listening([os.getpid()])


def test_on_the_ipv6_loopback_alone():
    if not socket.has_ipv6:
        pytest.skip("no IPv6 here")
    with socket.socket(socket.AF_INET6) as server:
        try:
            server.bind(("::1", 0))
        except OSError:
            pytest.skip("no IPv6 loopback here")
        server.listen()
        assert Address("::1", server.getsockname()[1]) in listening([os.getpid()])


def test_a_process_that_has_ended_listens_nowhere():
    assert listening([2**22 + 1]) == []
