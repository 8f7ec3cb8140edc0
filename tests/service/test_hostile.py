"""The attacks of bench/attacks.py, 16 MiB above rest, with the settings as they are by default."""

from __future__ import annotations

import time

import pytest

from bench.attacks import BODIES, CROWDS, crowding, statuses
from tests.limits.conftest import enforced as enforced
from tests.service.helpers import Service, eventually
from tests.service.test_guard_limit import limit_of, limited

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("enforced")]


@pytest.mark.parametrize("name", CROWDS)
def test_connections(tmp_path, name):
    with limited(tmp_path, limit_of(tmp_path)) as (service, run):
        with crowding(CROWDS[name], _port(service)):
            until = time.monotonic() + 5
            while time.monotonic() < until:
                assert run.poll() is None, service.log
                assert service.client.get("/health").status_code == 200
            eventually(lambda: _lives(service))
        assert not run.oom_killed


@pytest.mark.parametrize("name", BODIES)
def test_bodies(tmp_path, name):
    with limited(tmp_path, limit_of(tmp_path)) as (service, run):
        seen = statuses(BODIES[name], _port(service))
        assert run.poll() is None, service.log
        assert set(seen) <= {200, 400, 422, 503}
        eventually(lambda: _lives(service))
        assert not run.oom_killed


def _port(service: Service) -> int:
    port = service.client.base_url.port
    assert port is not None
    return port


def _lives(service: Service) -> bool:
    """It answers, or says that what 500 connections left of its 16 MiB is too little to."""
    response = service.chat("Do you take PayPal?")
    return response.status_code == 200 or "short of memory" in response.text
