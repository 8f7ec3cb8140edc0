"""A visitor who comes back to sessions that he left a while ago."""

from __future__ import annotations

from collections import deque

from loadtests.users.visitor import Visitor

KEPT = 20


class Returning(Visitor):
    """Asks in the oldest of the sessions that he knows, which other visitors have pushed back since."""

    def on_start(self) -> None:
        self._known: deque[str] = deque(maxlen=KEPT)
        super().on_start()

    def turn(self, due_s: float) -> None:
        full = len(self._known) == KEPT
        session = self._known.popleft() if full else None
        reply = self.say(self.question().text, session, due_s)
        if reply and reply.session:
            self._known.append(reply.session)
