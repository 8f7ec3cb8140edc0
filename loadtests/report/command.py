"""The command of a run as a report shows it: without the values of variables and without passwords."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence

from loadtests.target import ROOT

_ENV = re.compile(r"(--env=)?([^=]+)=.*", re.S)
_PASSWORD = re.compile(r"(?<=://)[^/@\s]*@")


def shown(words: Sequence[str]) -> str:
    """`python -m loadtests …`; a key in `--env KEY=VALUE` or in a URL ends up in no report."""
    kept = []
    for before, word in zip(["", *words], words, strict=False):
        if before == "--env" or word.startswith("--env="):
            word = _ENV.sub(r"\1\2=…", word)
        kept.append(without_password(word))
    return f"python -m loadtests {shlex.join(kept)}".replace(str(ROOT), ".")


def without_password(url: str) -> str:
    """The URL, or text with URLs, without `user:password@`."""
    return _PASSWORD.sub("", url)
