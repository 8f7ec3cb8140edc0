"""A secret written out in the host's configuration, which is pushed: a warning, without the value.

Keys of a known form are an error in any file (`committed_secrets`); here the name tells.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

from deploy.preflight.committed_secrets import KEYS
from deploy.preflight.context import Context
from deploy.problem import Problem, warning
from deploy.secret_names import ENDINGS

FILES = re.compile(
    r"render\.ya?ml|(docker-)?compose(\..+)?\.ya?ml|app\.json|(fly|railway|fit512)\.toml|railway\.json"
    r"|service\.ya?ml"
)
_NAME = rf"[A-Z][A-Z0-9_]*(?:{ENDINGS})\b"
_VALUE = r"""\s*["']?(?P<value>[^\s"',#$<{}\[\]]{8,})["']?[\s,}\]]*(#.*)?$"""
_BESIDE = re.compile(rf"""^[^#]*?\b(?P<name>{_NAME})["']?\s*[:=]{_VALUE}""")
# `- key: NAME` of Render, `- name: NAME` of Cloud Run, `"NAME": {` of Heroku; the value comes below.
_ABOVE = re.compile(
    rf"""^\s*(?:-\s*(?:key|name):\s*["']?(?P<listed>{_NAME})|"(?P<keyed>{_NAME})"\s*:)"""
)
_BELOW = re.compile(rf"""^\s*["']?value["']?\s*:{_VALUE}""")
_PLACEHOLDER = re.compile(r"(?i)your|change|example|placeholder|x{4}|\*{3}|todo|dummy|false|none")


def check(context: Context) -> Iterator[Problem]:
    for path in context.repository.committed:
        if FILES.fullmatch(path.name):
            lines = (context.repository.text(path) or "").splitlines()
            yield from _written(path, lines)


def _written(path: PurePosixPath, lines: Sequence[str]) -> Iterator[Problem]:
    above = None
    for number, line in enumerate(lines, 1):
        named = _ABOVE.match(line)
        if named:
            above = named["listed"] or named["keyed"]
        elif re.match(r"\s*(-|\})", line):
            above = None
        found = _BESIDE.match(line) or (_BELOW.match(line) if above else None)
        if found and not _PLACEHOLDER.search(found["value"]) and not KEYS.search(line):
            name = found.groupdict().get("name") or above or ""
            if name.endswith(("_URI", "_DSN")) and "@" not in found["value"]:
                continue  # an address alone is no secret
            message = (
                f"the value of {name} is in what is pushed. Leave it out and set it on the host"
                " (Render: `sync: false`), and make a new one if it is in use"
            )
            yield warning("written_secrets", f"{path}:{number}", message)
