"""Faults that a model API shows now and then, drawn so that a run can be repeated."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Mapping, Sequence

from vectorstore.commandline import CommandError

A_STATUS = "an error status such as 429 (with Retry-After), 500 or 503"
KINDS = {
    "timeout": "no answer until the client leaves",
    "cut": "half of the answer, then the connection is closed",
    "garbage": "an answer that is no JSON",
    "reset": "the connection is reset before any answer",
}
_STATUS = re.compile(r"[45]\d\d")
_REMEMBERED = 10_000


def parse_faults(words: Sequence[str]) -> dict[str, float]:
    """Shares by kind from `429:0.1` and the like. Raises CommandError."""
    shares = {}
    for word in words:
        kind, _, share = word.partition(":")
        try:
            shares[kind] = float(share)
        except ValueError:
            raise CommandError(f"{word!r} is not KIND:SHARE, such as 429:0.1.") from None
    return check_faults(shares)


def check_faults(shares: Mapping[str, float]) -> dict[str, float]:
    """The shares as they came. Raises CommandError for an unknown kind or shares beyond 0 to 1."""
    for kind in shares:
        if kind not in KINDS and not _STATUS.fullmatch(kind):
            known = ", ".join(KINDS)
            raise CommandError(f"there is no fault {kind!r}. Choose {A_STATUS}, or {known}.")
    if any(not 0 <= share <= 1 for share in shares.values()) or sum(shares.values()) > 1 + 1e-9:
        raise CommandError(f"shares of faults lie between 0 and 1, their sum too: {dict(shares)}.")
    return dict(shares)


class Faults:
    """Draws a fault for a request from its body, how often that body came before, and the seed.

    So the same requests meet the same faults in whatever order they arrive, and a retry is a new
    draw.
    """

    def __init__(self, shares: Mapping[str, float], seed: int = 0) -> None:
        self._shares = check_faults(shares)
        self._seed = seed
        self._seen: Counter[bytes] = Counter()

    def draw(self, body: bytes) -> str | None:
        """The kind of fault for this request; None for a good answer."""
        if not self._shares:
            return None
        key = hashlib.sha256(body).digest()
        if len(self._seen) >= _REMEMBERED:
            self._seen.clear()
        self._seen[key] += 1
        number = f"{self._seed} {self._seen[key]} ".encode() + key
        point = int.from_bytes(hashlib.sha256(number).digest()[:8]) / 2**64
        for kind, share in self._shares.items():
            if point < share:
                return kind
            point -= share
        return None
