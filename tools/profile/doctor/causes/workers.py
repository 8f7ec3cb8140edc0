"""Several workers: each has a copy of the model.

gunicorn and uvicorn read WEB_CONCURRENCY; Heroku sets it to 2 where there are 512 MB, Render sets it
too. https://devcenter.heroku.com/articles/python-concurrency
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from tools.profile.doctor.evidence import Evidence, Finding
from tools.profile.doctor.hostlog import Trouble

_OPTION = re.compile(r"(?:--workers[= ]|-w ?)(\d+)")
_READS_VARIABLE = re.compile(r"\b(?:gunicorn|uvicorn|hypercorn)\b")
_REMEDY = "Start it with `--workers 1`, which wins over WEB_CONCURRENCY, and set WEB_CONCURRENCY=1."


def find(evidence: Evidence) -> Finding | None:
    own_mib = evidence.peak("uss_mib") or evidence.peak("anonymous_mib")
    measured = int(evidence.peak("processes") or 1)
    workers, reason = _workers(evidence.command, evidence.environment.get("WEB_CONCURRENCY", ""))
    on_heroku = any("Heroku" in sign.meaning for sign in evidence.signs)
    if workers is None and on_heroku and _READS_VARIABLE.search(" ".join(evidence.command)):
        workers, reason = 2, "Heroku sets WEB_CONCURRENCY=2 where there are 512 MB"
    if workers is None or workers < 2:
        return None
    each = own_mib / measured if own_mib else None
    return Finding(
        cause="workers",
        trouble=Trouble.MEMORY,
        what=f"{workers} workers ({reason}), each with memory of its own",
        remedy=_REMEDY,
        mib=each * (workers - 1) if each else None,
    )


def _workers(command: Sequence[str], variable: str) -> tuple[int | None, str]:
    """How many, and what says so: the option wins over the variable."""
    line = " ".join(command)
    option = _OPTION.search(line)
    if option:
        return int(option[1]), "--workers of the command"
    if variable.isdigit() and _READS_VARIABLE.search(line):
        return int(variable), f"WEB_CONCURRENCY={variable}"
    return None, ""
