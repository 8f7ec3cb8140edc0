"""Server-sent events read line by line as they come: Locust's client hands out whole answers."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from loadtests.adapters.base import Ask
from loadtests.answers import Wrong, wrong_status


class EventReader:
    """One POST whose response is a stream; leaving the block closes the connection.

    Iterating gives (event, data). Raises Wrong for another status and for a connection that breaks.
    """

    def __init__(self, host: str, asked: Ask, timeout_s: float) -> None:
        where = urlsplit(host)
        secure = where.scheme == "https"
        kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        self._connection = kind(where.netloc, timeout=timeout_s)
        self._path = where.path.rstrip("/") + asked.path
        self._body = json.dumps(asked.body).encode()

    def __enter__(self) -> Self:
        headers = {"Content-Type": "application/json", "Accept": "text/event-stream"}
        try:
            self._connection.request("POST", self._path, self._body, headers)
            self._response = self._connection.getresponse()
            if self._response.status != 200:
                raise wrong_status(self._response.status, self._response.read(4096))
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            raise Wrong(f"no response: {type(error).__name__}") from None
        except Wrong:
            self._connection.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._response.close()
        self._connection.close()

    def __iter__(self) -> Iterator[tuple[str, str]]:
        event, data = "", ""
        try:
            for raw in self._response:
                line = raw.decode("utf-8", "replace").rstrip("\r\n")
                field, _, value = line.partition(":")
                if not line and data:
                    yield event, data
                    event, data = "", ""
                elif field == "event":
                    event = value.strip()
                elif field == "data":
                    data += value.strip()
        except (OSError, http.client.HTTPException) as error:
            raise Wrong(f"the stream broke off: {type(error).__name__}") from None
