"""Whether the machine was quiet: its load average, and what others took of its cores."""

from __future__ import annotations

import os
import subprocess
import sys
import time

from loadtests.others import Others, others_s

TAKEN_S, EXACT_S = 1.0, 0.2  # the kernel counts in hundredths
TAKES = f"import time\nwhile time.process_time() < {TAKEN_S}: pass\nprint(flush=True); input()"


def test_a_child_is_another_until_it_has_ended():
    before = others_s()
    with subprocess.Popen(
        [sys.executable, "-c", TAKES], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        child.stdout.readline()
        running, running_at = others_s(), time.monotonic()
        child.communicate(b"\n")
    most_s = (time.monotonic() - running_at) * os.cpu_count()  # that real others can have taken

    assert running - before > TAKEN_S - EXACT_S
    assert others_s() - running < EXACT_S + most_s - TAKEN_S


def test_a_share_of_the_cores():
    others = Others()
    time.sleep(0.2)
    seen = others.seen()

    assert seen["load_average_before"] >= 0
    assert seen["others_percent"] >= 0
