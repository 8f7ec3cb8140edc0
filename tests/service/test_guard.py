from __future__ import annotations

import pytest

from service.guard import FRESH_S, RELIEVE_S, Guard, Level
from service.headroom import Room

MIB = 2**20
RESERVE = 8 * MIB


class Host:
    """A host with `free` MiB left, `answers` MiB of them kept, and `sessions` MiB that dropping frees."""

    def __init__(self, free: float) -> None:
        self.free: float | None = free
        self.answers = self.sessions = 0.0
        self.dropped: list[str] = []
        self.short: list[float] = []
        self.now = 0.0
        self.guard = Guard(
            self.read,
            self.drop_answers,
            self.drop_sessions,
            reserve=RESERVE,
            clock=lambda: self.now,
        )

    def read(self) -> Room | None:
        return None if self.free is None else Room(512 * MIB, int(self.free * MIB))

    def drop_answers(self, short: int) -> bool:
        if short > self.answers * MIB:
            return False
        self.dropped.append("answers")
        self.free, self.answers = self.free + self.answers, 0
        return True

    def drop_sessions(self, short: int) -> None:
        self.dropped.append("sessions")
        self.short.append(short / MIB)
        self.free += self.sessions

    def look(self, free: float) -> Level:
        self.free = free
        self.guard.look()
        return self.guard.level


@pytest.mark.parametrize(
    ("free", "level"),
    [
        pytest.param(100, Level.AMPLE, id="plenty"),
        pytest.param(12, Level.AMPLE, id="one and a half times the reserve"),
        pytest.param(11.9, Level.NO_CACHE, id="less"),
        pytest.param(9.9, Level.FEWER_SESSIONS, id="less than a quarter more"),
        pytest.param(7.9, Level.REFUSING, id="less than the reserve"),
        pytest.param(-3, Level.REFUSING, id="over the limit"),
    ],
)
def test_levels(free, level):
    host = Host(100)
    assert host.look(free) == level
    steps = {Level.AMPLE: [], Level.NO_CACHE: ["answers"]}
    assert host.dropped == steps.get(level, ["answers", "sessions"])


def test_what_can_be_dropped_is_dropped_before_anything_is_refused():
    host = Host(100)
    host.sessions = 20
    assert host.look(5) == Level.AMPLE
    assert host.dropped == ["answers", "sessions"]


def test_no_conversation_is_dropped_where_the_answers_suffice():
    host = Host(100)
    host.answers = 5
    assert host.look(6) == Level.NO_CACHE
    assert host.dropped == ["answers"]


def test_sessions_are_dropped_for_what_is_lacking_to_take_questions():
    host = Host(100)
    host.look(9)
    host.look(5)
    host.now += RELIEVE_S
    host.look(5)  # a level is left with an eighth more
    assert host.short == [-1, 3, 4]


def test_a_level_is_left_only_with_something_to_spare():
    host = Host(100)
    levels = [host.look(free) for free in (7, 8.9, 9, 10.9, 11, 13, 12, 11.9)]
    assert levels == [
        Level.REFUSING,
        Level.REFUSING,
        Level.FEWER_SESSIONS,
        Level.FEWER_SESSIONS,
        Level.NO_CACHE,
        Level.AMPLE,
        Level.AMPLE,
        Level.NO_CACHE,
    ]


def test_more_is_dropped_as_long_as_it_does_not_suffice():
    host = Host(100)
    for _ in range(3):
        host.look(9)
        host.now += RELIEVE_S / 2
    assert host.dropped == ["answers", "sessions"] * 2


def test_what_was_promised_is_not_promised_again():
    host = Host(8 + 3)
    size = int(1.5 * MIB)
    assert host.guard.admits(size)
    with host.guard.promise(size), host.guard.promise(size):
        assert not host.guard.admits(size)
    assert host.guard.admits(size)


def test_answers_make_room_for_what_was_promised_and_conversations_do_not():
    host = Host(13)
    host.answers, host.sessions = 1.5, 20
    with host.guard.promise(4 * MIB):
        assert not host.guard.admits(3 * MIB)  # they would not do, so they stay
        assert host.dropped == []
        assert host.guard.admits(2 * MIB)
        assert host.dropped == ["answers"]
        assert not host.guard.admits(3 * MIB)
    assert host.dropped == ["answers"]
    assert host.guard.level == Level.AMPLE


def test_a_question_is_not_admitted_on_an_old_reading():
    host = Host(100)
    assert host.guard.admits(0)
    host.free, host.now = 1, FRESH_S
    assert not host.guard.admits(0)


def test_without_a_limit_all_is_admitted():
    host = Host(100)
    host.free = None
    assert host.guard.admits(10**12)
    assert (host.guard.level, host.dropped) == (Level.AMPLE, [])


def test_one_line_for_each_change(caplog):
    host = Host(100)
    with caplog.at_level("INFO", "service.guard"):
        for free in (100, 9, 9, 5, 100):
            host.look(free)
    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        ("WARNING", "memory guard level=fewer_sessions free_mib=9.0 limit_mib=512.0"),
        ("WARNING", "memory guard level=refusing free_mib=5.0 limit_mib=512.0"),
        ("INFO", "memory guard level=ample free_mib=100.0 limit_mib=512.0"),
    ]


def test_a_limit_that_leaves_no_room_at_rest_is_too_small_until_there_is_some():
    host = Host(-20)
    host.guard.begin()
    # 532 MiB are held, and one and a half times the reserve is 12.
    assert "it needs 544 MiB. Set MEMORY_LIMIT=544MiB" in (host.guard.too_small() or "")
    host.look(100)
    assert host.guard.too_small() is None


def test_a_service_that_had_room_once_is_not_too_small():
    host = Host(100)
    host.guard.begin()
    host.look(1)
    assert host.guard.level == Level.REFUSING
    assert host.guard.too_small() is None
