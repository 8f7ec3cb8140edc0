"""What all connections of a server have together, and what bounds it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from service.protocol import BoundedProtocol

# What a header takes beside its text, as a tuple of two bytes objects in a list (CPython 3.11).
HEADER_BYTES = 160
# Of all connections together, those that are being answered apart: the guard counts on them.
MAX_HEADS_BYTES = 4 * 2**20


class Crowd:
    """The connections of one server."""

    def __init__(self) -> None:
        #: Refused, and not yet closed.
        self.lingering: set[BoundedProtocol] = set()
        #: Bytes of heads that are held.
        self.head_bytes = 0
