"""Open a chat at a running Chainlit app and say one thing, over the long polling of Socket.IO."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx

SEPARATOR = "\x1e"  # between the packets of one answer
POLL = {"EIO": "4", "transport": "polling"}
TIMEOUT_S = 120


class Chat:
    """One visitor's chat. Events arrive with the answers to the polls."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client
        self.parameters = dict(POLL)
        opened = self._get()
        self.parameters["sid"] = json.loads(opened[0][1:])["sid"]
        session = str(uuid4())
        who = {"clientType": "webapp", "sessionId": session, "userEnv": "{}"}
        self._post("40" + json.dumps(who))

    def emit(self, event: str, *data: object) -> None:
        self._post("42" + json.dumps([event, *data]))

    def events(self, seconds: float) -> Iterator[tuple[str, Any]]:
        """(name, data) of what the app sends, for that long at most."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for packet in self._get():
                if packet == "2":
                    self._post("3")  # or the server takes us for gone
                    yield "quiet", None
                elif packet.startswith("44"):
                    raise ValueError(f"the app refuses the connection: {packet[2:]}")
                elif packet.startswith("42"):
                    name, *data = json.loads(packet[packet.index("[") :])
                    yield name, data[0] if data else None

    def _get(self) -> list[str]:
        answer = self.client.get("/ws/socket.io/", params=self.parameters)
        answer.raise_for_status()
        return answer.text.split(SEPARATOR)

    def _post(self, packet: str) -> None:
        sent = self.client.post("/ws/socket.io/", params=self.parameters, content=packet)
        sent.raise_for_status()


def visit(base_url: str, question: str) -> tuple[str, str | None]:
    """(what happened, the error that the app showed or None). Raises httpx.HTTPError, ValueError."""
    with httpx.Client(base_url=base_url, timeout=TIMEOUT_S, trust_env=False) as client:
        chat = Chat(client)
        chat.emit("connection_successful")
        asked = answered = False
        for name, data in chat.events(TIMEOUT_S):
            message = data if isinstance(data, dict) else {}
            if message.get("isError"):
                return "a message was sent" if asked else "the chat opened", message.get("output")
            answered |= asked and message.get("type") == "assistant_message"
            if name == "quiet" and not asked:  # what the app does when a chat begins is done
                chat.emit("client_message", {"message": _step(question), "fileReferences": []})
                asked = True
            elif name == "task_end" and asked:
                return "a message was answered" if answered else "a message was taken", None
    return "a message was sent", f"nothing came back for {TIMEOUT_S} s"


def _step(question: str) -> dict[str, str]:
    step = {"id": str(uuid4()), "name": "User", "type": "user_message", "output": question}
    return {**step, "createdAt": "2026-01-01T00:00:00Z"}
