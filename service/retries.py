"""When a failed call to the upstream is tried again."""

from __future__ import annotations

import random
import time
from email.utils import parsedate_to_datetime

FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 8.0
# What is asked for beyond a day is nonsense.
LONGEST_RETRY_AFTER_S = 86_400.0


def may_be_retried(status: int) -> bool:
    """Whether the same request may do better later: too many requests, or the server's own fault."""
    return status == 429 or 500 <= status <= 599


def backoff_s(attempt: int) -> float:
    """Seconds to wait after failed attempt number `attempt` (from 0): doubling, half of it random."""
    return min(FIRST_WAIT_S * 2.0**attempt, LONGEST_WAIT_S) * random.uniform(0.5, 1)


def retry_after_s(header: str | None) -> float | None:
    """Seconds that a Retry-After header asks to wait, at most a day; None for none or nonsense.

    It holds seconds or a date: https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3
    """
    if header is None:
        return None
    if header.strip().isascii() and header.strip().isdigit():
        return min(float(header), LONGEST_RETRY_AFTER_S)  # inf for very many digits
    try:
        left_s = parsedate_to_datetime(header).timestamp() - time.time()
        return min(max(0.0, left_s), LONGEST_RETRY_AFTER_S)
    except (ValueError, OverflowError):
        return None
