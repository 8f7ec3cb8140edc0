"""A client that means no good, or is broken: what it sends has to be refused, and refused properly."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable

from loadtests.answers import Wrong, wrong_status
from loadtests.setting import adapter, options
from loadtests.users.slow_writer import write_slowly
from loadtests.users.visitor import Visitor

HUGE_BYTES = 1_000_000
LONG_CHARACTERS = 100_000
BURST = 20  # new sessions in a row; thousands in an hour


class Unfriendly(Visitor):
    """One kind of nuisance after the other.

    The refusals that the adapter names are no errors, nor is 503 with Retry-After; all else is.
    """

    fixed_count = 1
    turn_as = (
        "unfriendly",
        "any kind",
    )  # never awaited at the end: writing slowly takes longer than what is waited for at the end

    def on_start(self) -> None:
        self._kinds: dict[str, Callable[[], None]] = {
            "huge_body": self._huge_body,
            "bad_json": self._bad_json,
            "unknown_session": self._unknown_session,
            "long_question": self._long_question,
            "slow_writing": self._slow_writing,
            "new_sessions": self._new_sessions,
        }
        self._next = 0
        super().on_start()

    def turn(self, due_s: float) -> None:
        kind = list(self._kinds)[self._next % len(self._kinds)]
        self._next += 1
        self._kinds[kind]()

    def _huge_body(self) -> None:
        self._post("huge_body", json.dumps({"question": "a" * HUGE_BYTES}))

    def _bad_json(self) -> None:
        self._post("bad_json", '{"question": ')

    def _unknown_session(self) -> None:
        asked = adapter().ask(self.question().text, f"gone-{secrets.token_hex(8)}")
        self._post("unknown_session", json.dumps(asked.body))

    def _long_question(self) -> None:
        asked = adapter().ask("why " * (LONG_CHARACTERS // 4), None)
        self._post("long_question", json.dumps(asked.body))

    def _slow_writing(self) -> None:
        asked = adapter().ask(self.question().text, None)
        status, body = write_slowly(str(self.host), asked, options().timeout_s)
        self._judge("slow_writing", status, body, False)

    def _new_sessions(self) -> None:
        for _ in range(BURST):
            self.client.cookiejar.clear()
            asked = adapter().ask(self.question().text, None)
            self._post("new_sessions", json.dumps(asked.body))

    def _post(self, kind: str, body: str) -> None:
        path = adapter().ask("", None).path
        headers = {"Content-Type": "application/json"}
        response = self.client.request(
            "POST", path, data=body, headers=headers, catch_response=True
        )
        later = "Retry-After" in (response.headers or ())
        self._judge(kind, response.status_code, response.content or b"", later)

    def _judge(self, kind: str, status: int, body: bytes, retry_later: bool) -> None:
        proper = status in adapter().refusals[kind] or (status == 503 and retry_later)
        error = None if proper else _wrong(kind, status, body)
        self.record("unfriendly", kind, None, error)


def _wrong(kind: str, status: int, body: bytes) -> Wrong:
    expected = ", ".join(str(code or "closed") for code in adapter().refusals[kind])
    return Wrong(f"{wrong_status(status, body)} (expected {expected})")
