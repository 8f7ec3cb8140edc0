"""Names of values that are not shown, wherever they were found, and of those that a host is given."""

from __future__ import annotations

import re
from collections.abc import Iterable

# Of a variable: fewer than what is not shown, since each of these is asked for.
ENDINGS = "KEY|TOKEN|SECRET|PASSWORD|CREDENTIALS|_URI|_DSN"
_SECRET = re.compile(r"KEY|TOKEN|SECRET|PASSWORD|CREDENTIAL|_UR[IL]\b|_DSN", re.IGNORECASE)


def is_secret(place: Iterable[object]) -> bool:
    """Whether a part of the way to a value is the name of a secret, or looks like one."""
    return any(_SECRET.search(str(part)) for part in place)
