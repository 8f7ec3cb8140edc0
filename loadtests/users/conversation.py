"""A visitor with follow-ups: a few turns in one session, then a new one."""

from __future__ import annotations

from collections.abc import Iterator

from loadtests.users.visitor import Visitor


class Conversation(Visitor):
    """A question, then its follow-ups, each in the session that the answer before named."""

    weight = 2

    def on_start(self) -> None:
        self._left: Iterator[str] = iter(())
        self._session: str | None = None
        super().on_start()

    def turn(self, due_s: float) -> None:
        text = next(self._left, None) or self._begin()
        reply = self.say(text, self._session, due_s)
        self._session = reply.session if reply else self._session

    def _begin(self) -> str:
        question = self.question()
        self._session = None
        self.client.cookiejar.clear()
        # Those without follow-ups of their own are followed by another question.
        self._left = iter(question.follow_ups or (self.question().text,))
        return question.text
