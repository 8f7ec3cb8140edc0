"""Ends the work for a client that is gone: its answer would be paid for and read by nobody."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from starlette.types import Receive

T = TypeVar("T")
# nginx's status for it, seen only in the log and in /metrics.
CLIENT_GONE = 499


async def unless_gone(work: Coroutine[Any, Any, T], receive: Receive) -> T | None:
    """What `work` returns or raises; None when the client is gone before it is done.

    `receive`: the request's, after its body was read.
    """
    done, left = asyncio.create_task(work), asyncio.create_task(gone(receive))
    try:
        await asyncio.wait([done, left], return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (done, left):
            task.cancel()
        await asyncio.wait([done, left])
    return None if done.cancelled() else done.result()


async def gone(receive: Receive) -> None:
    """Wait until the client is gone."""
    while (await receive())["type"] != "http.disconnect":
        pass
