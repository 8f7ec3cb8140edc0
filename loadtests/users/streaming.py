"""A visitor who reads the answer as it comes, and may leave before its end."""

from __future__ import annotations

from loadtests.adapters.base import NotAnAnswer
from loadtests.answers import Wrong
from loadtests.asked import CACHED, FIRST
from loadtests.setting import adapter, options
from loadtests.users.event_reader import EventReader
from loadtests.users.visitor import STREAMED, Visitor, since_ms

FIRST_CACHED = "first token from the cache"
LEAVES = 0.2  # share of the answers that are not read to their end
LONGEST_READ = 6  # tokens, before leaving


class Streaming(Visitor):
    """Measures the time to the first token, from the intended start as every other time."""

    weight = 2
    turn_as = ("ask", STREAMED)

    def turn(self, due_s: float) -> None:
        asked = adapter().stream(self.question().text, None)
        leaves = self.chance.random() < LEAVES
        read = self.chance.randint(1, LONGEST_READ) if leaves else 0
        try:
            with EventReader(str(self.host), asked, options().timeout_s) as events:
                self._read(events, due_s, read)
        except (Wrong, NotAnAnswer) as error:
            self.record("ask", STREAMED, None, error)

    def _read(self, events: EventReader, due_s: float, leave_after: int) -> None:
        tokens, first_ms = 0, 0.0
        for event, data in events:
            if reply := adapter().last(event, data):
                self.record("first token", FIRST_CACHED if reply.cached else FIRST, first_ms)
                self.record("ask", CACHED if reply.cached else STREAMED, since_ms(due_s))
                return
            if not adapter().token(event, data):
                continue
            tokens += 1
            first_ms = first_ms or since_ms(due_s)
            if tokens == leave_after:
                # Whether it was from the cache is said at the end: this first token counts nowhere.
                self.record("left", "left half-way", None)
                return
        raise Wrong("the stream ended without its last event")
