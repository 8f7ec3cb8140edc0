"""How often one client may ask: evenly spaced with a burst, the generic cell rate algorithm.

https://en.wikipedia.org/wiki/Generic_cell_rate_algorithm
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

MINUTE_S = 60.0
# What is known of the client unused for longest is forgotten: about 2 MiB at most.
CLIENTS = 10_000


class RateLimit:
    """At most `per_minute` questions of a client in a minute, all at once if need be.

    `per_minute` 0 has no limit. For use on one event loop.
    """

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.per_minute = per_minute
        self._clock = clock
        # Client -> when all that it has asked would have been asked evenly.
        self._even: OrderedDict[str, float] = OrderedDict()

    @property
    def clients(self) -> int:
        """How many are known."""
        return len(self._even)

    async def wait_s(self, client: str) -> float:
        """Seconds that the client has to wait; 0 when it may ask now, and then it has asked."""
        return self._wait_s(client) if self.per_minute else 0.0

    def _wait_s(self, client: str) -> float:
        now, each = self._clock(), MINUTE_S / self.per_minute
        even = max(now, self._even.get(client, now)) + each
        wait_s = even - now - MINUTE_S
        if wait_s > 1e-6:
            return wait_s
        self._even[client] = even
        self._even.move_to_end(client)
        if len(self._even) > CLIENTS:
            self._even.popitem(last=False)
        return 0.0
