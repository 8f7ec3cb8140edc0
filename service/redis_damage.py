"""What is found in Redis under our names and is none of ours: half a value, another program's."""

from __future__ import annotations

import logging

from redis.exceptions import ResponseError

log = logging.getLogger(__name__)


class Damaged(Exception):
    """A session's key that cannot be read. `born`: the field of that name, as it is there."""

    def __init__(self, born: bytes) -> None:
        super().__init__("damaged")
        self.born = born


def say_damaged(name: str, what_now: str) -> None:
    """Log the name of a key whose value is refused; never the value, which may be a visitor's."""
    log.error("redis value damaged key=%s: %s", name, what_now)


def is_of_another_type(error: ResponseError) -> bool:
    """Whether a command failed for the type of its key."""
    return str(error).startswith("WRONGTYPE")
