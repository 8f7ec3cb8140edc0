"""`python -m service` with a wall clock that SIGUSR1 puts a day forward and SIGUSR2 two days back."""

from __future__ import annotations

import signal
import time

from service.cli import main

DAY_S = 86_400.0
real = time.time
offset_s = 0.0


def jump(number: int, frame: object) -> None:
    global offset_s
    offset_s += DAY_S if number == signal.SIGUSR1 else -2 * DAY_S


if __name__ == "__main__":
    time.time = lambda: real() + offset_s
    signal.signal(signal.SIGUSR1, jump)
    signal.signal(signal.SIGUSR2, jump)
    raise SystemExit(main())
