"""Whether a path takes a question: an app that hangs is asked no more than a few times."""

from __future__ import annotations

import time
from dataclasses import dataclass

from tools.profile.client import Request, ask
from tools.profile.ports import Address
from tools.profile.ready import Ended

_PATIENCE = 2  # paths that may hang while the one that takes questions is looked for


@dataclass
class Probe:
    """Asks the app at `address`, each time for `wait_s` seconds at most."""

    address: Address
    wait_s: float
    hung: int = 0

    def accepts(self, request: Request) -> bool:
        """Whether the answer is 200. Raises Ended at the second one that was waited for in vain."""
        started_s = time.monotonic()
        status = ask(self.address, request, self.wait_s)
        if status is None and time.monotonic() - started_s >= self.wait_s:
            self.hung += 1
        if self.hung >= _PATIENCE:
            what = f"{request.method} {request.path} got no answer within {self.wait_s:g} s"
            raise Ended(
                "first_request",
                f"{what}, nor did another path; name with --requests what it answers",
                alive=True,
            )
        return status == 200
