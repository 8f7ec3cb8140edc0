"""A visitor who asks one of the usual questions and leaves."""

from __future__ import annotations

from loadtests.users.visitor import Visitor


class Faq(Visitor):
    """Each question begins a conversation, by the Zipf mix: most of them are soon in a cache."""

    weight = 5

    def turn(self, due_s: float) -> None:
        self.client.cookiejar.clear()
        self.say(self.question().text, None, due_s)
