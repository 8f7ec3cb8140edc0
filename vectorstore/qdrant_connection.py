"""A client of Qdrant that nothing holds up for ever, and errors without the key.

A server that hangs accepts what it is sent and does not answer, or sends a byte now and then: each
call has a bound here, as those to PostgreSQL have (`vectorstore.postgres`).
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, TypeVar

from qdrant_client import QdrantClient

from vectorstore.base import StoreError, without_secrets
from vectorstore.commandline import Exit
from vectorstore.hanging import hang_up, heard_from

if TYPE_CHECKING:
    import httpx

# Of the client, for connecting and for each read; the whole call is cut after SILENT_S.
TIMEOUT_S = 10
SILENT_S = 10
# httpcore's names for the moments when a connection has another socket.
CONNECTED = ("connection.connect_tcp.complete", "connection.start_tls.complete")
T = TypeVar("T")


def client(where: str, **given: Any) -> QdrantClient:
    """The client for an address without its #NAME; `given` is for httpx. Raises StoreError."""
    kind, _, rest = where.partition(":")
    with errors(where):
        if kind == "qdrant":
            return QdrantClient(path=rest)
        url = where.removeprefix("qdrant+")
        return QdrantClient(url=url, timeout=TIMEOUT_S, check_compatibility=False, **given)


class SharedClient:
    """One client behind a lock."""

    def __init__(self, where: str) -> None:
        self._where = where
        self._lock = threading.Lock()
        self._closed = False
        self._until_s = math.inf
        self._socket: Any = None
        hooks = {"event_hooks": {"request": [self._watch]}}
        self._client = client(where, **hooks)

    def ask(self, call: Callable[[QdrantClient], T]) -> T:
        """What the call gives. Raises StoreError, at the latest SILENT_S after its turn came."""
        if not self._lock.acquire(timeout=SILENT_S):
            raise StoreError(f"{place(self._where)}: the call before takes too long", Exit.ERROR)
        try:
            self._check_open()
            self._until_s = time.monotonic() + SILENT_S
            with errors(self._where), heard_from(SILENT_S, self._hang_up):
                return call(self._client)
        except StoreError:
            self._check_open()  # that it was cut off is what there is to say
            raise
        finally:
            self._lock.release()

    def cut_off(self) -> None:
        """End the call that runs, in whichever thread, with StoreError, and take no other."""
        self._closed = True
        self._hang_up()

    def close(self) -> None:
        self.cut_off()
        with self._lock:
            self._client.close()

    def _watch(self, request: httpx.Request) -> None:
        request.extensions["trace"] = self._noted

    def _noted(self, event: str, found: dict[str, Any]) -> None:
        if event in CONNECTED:
            self._socket = found["return_value"].get_extra_info("socket")
            self._check_open()  # meanwhile there was nothing to hang up
            if time.monotonic() >= self._until_s:
                raise StoreError(f"{place(self._where)}: it took too long to connect", Exit.ERROR)

    def _hang_up(self) -> None:
        with suppress(OSError):
            if self._socket is not None:
                hang_up(self._socket.fileno())

    def _check_open(self) -> None:
        if self._closed:
            raise StoreError(f"the store {place(self._where)} is closed")


@contextmanager
def errors(where: str) -> Iterator[None]:
    """Raises StoreError for whatever the client and its transport raise, whose text may hold a key."""
    try:
        yield
    except StoreError:
        raise
    except Exception as error:
        why = type(error).__name__
        if isinstance(error, RuntimeError) and "already accessed" in str(error):  # the local mode's
            why = "it is open already, in this command or another process; one at a time may be"
        raise StoreError(f"{place(where)}: {why}", Exit.ERROR) from error


def place(where: str) -> str:
    """The address without user, password and parameters; a folder as it is."""
    kind, separator, rest = where.partition("://")
    return f"{kind}{separator}{without_secrets(rest)}" if separator else where
