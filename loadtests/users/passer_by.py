"""A visitor who is never seen again: each question is a session of its own."""

from __future__ import annotations

import itertools

from loadtests.users.visitor import Visitor

_numbers = itertools.count(1)


class PasserBy(Visitor):
    """What fills a store of sessions. The number makes each question, and so each answer, another."""

    def turn(self, due_s: float) -> None:
        self.client.cookiejar.clear()
        self.say(f"{self.question().text} (order {next(_numbers)})", None, due_s)
