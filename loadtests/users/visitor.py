"""What every visitor has: a schedule, and a record of each answer from its intended start.

A visitor who waits for a slow answer asks his next question late. Counted from when it was sent, the
time that it lost would be in no figure (coordinated omission, https://github.com/giltene/wrk2); so it
is counted from when it was due. A visitor who is late asks at once, until he has caught up.
"""

from __future__ import annotations

import itertools
import random
import time
from typing import Any

from gevent import GreenletExit
from locust import FastHttpUser, task
from locust.env import Environment

from loadtests.adapters.base import NotAnAnswer, Reply
from loadtests.answers import LONGEST, Wrong, wrong_status
from loadtests.asked import CACHED
from loadtests.questions import Question, Zipf
from loadtests.setting import adapter, options, questions
from loadtests.unasked import UNASKED, due_between

ANSWER, STREAMED = "answer", "streamed answer"
UNANSWERED = "not answered when the load ended"
# Locust alone stops its visitors at once: what was asked a moment before is no failure.
PATIENCE_MS = 10_000.0
_numbers = itertools.count()


class Visitor(FastHttpUser):
    """A visitor on a schedule. A subclass says in `turn` what one question is."""

    abstract = True
    turn_as = ("ask", ANSWER)  # kind and name under which a turn is counted that got nowhere
    network_timeout = options().timeout_s
    connection_timeout = options().timeout_s
    default_headers = {"User-Agent": "fit512-loadtest"}

    def __init__(self, environment: Environment) -> None:
        # As a browser copies it; "//chat" would be another path, or none.
        self.host = (self.host or "").rstrip("/") or None
        super().__init__(environment)

    def on_start(self) -> None:
        self.chance = random.Random(f"{options().seed} {type(self).__name__} {next(_numbers)}")
        self._mix = Zipf(questions(), options().seed)
        self._interval_s = 0.0 if options().at_a_time else options().interval_s
        # Spread over an interval, or all would ask in the same moment, again and again.
        self._due_s = time.perf_counter() + self.chance.uniform(0, self._interval_s)
        time.sleep(self.wait_time())

    def stop(self, force: bool = False) -> bool:
        """Locust's: leave, after the answer that is waited for. What is due from now on is not asked."""
        if self._interval_s and self.turn_as[0] == "ask":
            UNASKED.count += due_between(self._due_s, time.perf_counter(), self._interval_s)
        return bool(super().stop(force))

    def wait_time(self) -> float:
        """Seconds until the next question is due."""
        return max(0.0, self._due_s - time.perf_counter())

    @task
    def visit(self) -> None:
        due_s = self._due_s if self._interval_s else time.perf_counter()
        self._due_s = due_s + self._interval_s
        try:
            self.turn(due_s)
        except GreenletExit:  # Locust stops who still waits, and would count him nowhere
            if self.turn_as[0] == "ask" and since_ms(due_s) >= PATIENCE_MS:
                self.record(*self.turn_as, None, Wrong(UNANSWERED))
            raise
        except Exception as error:  # an adapter's, most likely: Locust would tell its log alone
            reason = Wrong(f"{type(error).__name__} in the visitor: {error}"[:LONGEST])
            self.record(*self.turn_as, None, reason)

    def turn(self, due_s: float) -> None:
        raise NotImplementedError

    def question(self) -> Question:
        """A question by the Zipf mix."""
        return self._mix.draw(self.chance)

    def say(self, question: str, session: str | None, due_s: float) -> Reply | None:
        """Ask, record the answer, and return it; None when there was none."""
        asked = adapter().ask(question, session)
        try:
            reply = self._reply(asked.path, asked.body)
        except (Wrong, NotAnAnswer) as error:
            self.record("ask", ANSWER, None, error)
            return None
        self.record("ask", CACHED if reply.cached else ANSWER, since_ms(due_s))
        return reply

    def _reply(self, path: str, body: Any) -> Reply:
        response = self.client.request("POST", path, json=body, catch_response=True)
        if response.status_code != 200:
            raise wrong_status(response.status_code, response.content, response)
        return adapter().reply(response.content or b"")

    def record(
        self, kind: str, name: str, ms: float | None, error: Exception | None = None
    ) -> None:
        """Count a request. One that failed has no time: quick errors would make answers look quick."""
        self.environment.events.request.fire(
            request_type=kind,
            name=name,
            response_time=None if error else ms,
            response_length=0,
            exception=error,
            context={},
        )


def since_ms(due_s: float) -> float:
    """Milliseconds since a question was due, as time.perf_counter() tells it."""
    return (time.perf_counter() - due_s) * 1000
