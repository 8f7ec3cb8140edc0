from __future__ import annotations

import sys

import pytest

from service import memory
from service.headroom import Headroom, Room
from service.memory import Group, Process

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


@pytest.mark.parametrize(
    ("limit", "process", "group", "room"),
    [
        pytest.param(None, Process(90, 60, 30), None, None, id="no limit"),
        pytest.param(
            None, Process(90, 60, 30), Group(80, None, 70, 5), None, id="nor of the group"
        ),
        pytest.param(
            None, Process(90, 60, 30), Group(80, 100, 70, 5), Room(100, 30), id="the group's"
        ),
        pytest.param(
            None,
            Process(390, 60, 330),
            Group(99, 100, 95, 45),
            Room(100, 45),
            id="a mapped index that is read can be taken back",
        ),
        pytest.param(120, Process(90, 60, 30), None, Room(120, 30), id="our own"),
        pytest.param(
            120, Process(390, 60, 330), None, Room(120, 30), id="our own, with a mapped index"
        ),
        pytest.param(
            120, Process(90, 60, 30), Group(80, 100, 75, 5), Room(100, 25), id="the lesser: group"
        ),
        pytest.param(
            100, Process(90, 60, 30), Group(80, 512, 75, 5), Room(100, 10), id="the lesser: ours"
        ),
    ],
)
def test_room(monkeypatch, limit, process, group, room):
    rest = Group(80, 100, 70, 5) if group else None
    now = [(rest, Process(90, 60, 30)), (group, process)]
    monkeypatch.setattr(memory, "group", lambda: now[0][0])
    monkeypatch.setattr(memory, "process", lambda: now[0][1])
    headroom = Headroom(limit)
    now.pop(0)
    assert headroom.read() == room
