"""Several workers: each has a copy of the model.

gunicorn and uvicorn read WEB_CONCURRENCY; Heroku sets it to 2 where there are 512 MB, Render sets it
too. https://devcenter.heroku.com/articles/python-concurrency
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from tools.profile.doctor.evidence import Evidence, Finding
from tools.profile.doctor.hostlog import Trouble

_OPTION = re.compile(
    r"""(?<!\S)(?:--workers[= ]|-w[= ]?)["']?(\d+|\$\{?WEB_CONCURRENCY[^\s;"']*)"""
)
_DEFAULT = re.compile(r"\$\{WEB_CONCURRENCY:?-(\d+)\}")
_READS_VARIABLE = re.compile(r"\b(?:gunicorn|uvicorn|hypercorn)\b")
_SHARE, _LEAST_MIB = 0.5, 12.0
_REMEDY = (
    "Start it with `--workers 1`, which wins over WEB_CONCURRENCY and gunicorn.conf.py, and set"
    " WEB_CONCURRENCY=1; gunicorn's `--threads 4` shares the memory."
)


def find(evidence: Evidence) -> Finding | None:
    held = _held(evidence)
    workers, reason = _workers(evidence.command, evidence.environment.get("WEB_CONCURRENCY", ""))
    on_heroku = any("Heroku" in sign.meaning for sign in evidence.signs)
    if workers is None and on_heroku and _READS_VARIABLE.search(" ".join(evidence.command)):
        workers, reason = 2, "Heroku sets WEB_CONCURRENCY=2 where there are 512 MB"
    if (workers or 0) < len(held):
        workers, reason = len(held), "as many processes of much the same size were measured"
    if workers is None or workers < 2:
        return None
    each = sum(held) / len(held) if held else None
    return Finding(
        cause="workers",
        trouble=Trouble.MEMORY,
        what=f"{workers} workers ({reason}), each with memory of its own{_so_much(each)}",
        remedy=_REMEDY,
        mib=each * (workers - 1) if each else None,
    )


def _so_much(each: float | None) -> str:
    return f": {each:.0f} MiB" if each else ""


def _held(evidence: Evidence) -> list[float]:
    """What each large process holds alone; a server's own master process is not large.

    Alone on the machine, a process has the pages of its libraries for itself, which a second one
    would share: of one, its anonymous memory is what another would take too.
    """
    processes = evidence.profile.processes if evidence.profile else ()
    uss = [process["uss_mib"] or process["rss_mib"] or 0.0 for process in processes]
    if len(uss) > 1:
        return [mib for mib in uss if mib >= max(_SHARE * max(uss), _LEAST_MIB)] or [max(uss)]
    alone = evidence.peak("anonymous_mib") or evidence.peak("uss_mib")
    return [alone / (evidence.peak("processes") or 1.0)] if alone else uss


def _workers(command: Sequence[str], variable: str) -> tuple[int | None, str]:
    """How many, and what says so: the option wins over the variable, which it may name."""
    line = " ".join(command)
    option = _OPTION.search(line)
    said = option[1] if option else ""
    if said.isdecimal():
        return int(said), "--workers of the command"
    default = _DEFAULT.fullmatch(said)
    if default and not variable:
        return int(default[1]), f"{said} of the command"
    if variable.isascii() and variable.isdecimal() and _READS_VARIABLE.search(line):
        return int(variable), f"WEB_CONCURRENCY={variable}"
    return None, ""
