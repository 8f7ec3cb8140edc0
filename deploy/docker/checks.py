"""Whether compose takes its file, and whether a Dockerfile is one that should be built.

There is no engine here: the rules are those of hadolint that concern us, by its numbers.
https://github.com/hadolint/hadolint#rules
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from deploy.formats import yaml_file
from deploy.problem import Problem, error
from deploy.schemas import violations
from deploy.tree import plain

COMPOSE, DOCKERFILE = "compose.yaml", "Dockerfile"
INSTRUCTIONS = {
    "ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL",
    "ONBUILD", "RUN", "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR",
}  # fmt: skip


def check_compose(text: str) -> Iterator[Problem]:
    document = plain(yaml_file.parse(text))
    yield from violations("docker", document, COMPOSE)
    services = document.get("services") if isinstance(document, Mapping) else None
    for name, service in services.items() if isinstance(services, Mapping) else ():
        if isinstance(service, Mapping) and "build" in service:
            yield from _limited(service, f"{COMPOSE}::$.services.{name}")


def _limited(service: Mapping[str, Any], where: str) -> Iterator[Problem]:
    limit = service.get("mem_limit")
    if limit is None:
        yield error("limit", where, "has no mem_limit: it may take all memory of the machine")
    elif service.get("memswap_limit") != limit:
        yield error(
            "limit", where, "memswap_limit is not mem_limit: swap hides what a host kills for"
        )


def check_dockerfile(text: str) -> Iterator[Problem]:
    lines = [(number, line) for number, line in _instructions(text)]
    words = [(number, line.split()[0].upper(), line) for number, line in lines]
    for number, word, line in words:
        yield from _instruction(number, word, line)
    names = [word for _, word, _ in words]
    if not names or names[0] not in ("FROM", "ARG"):
        yield error("dockerfile", DOCKERFILE, "does not begin with FROM")
    if names.count("CMD") != 1:
        yield error("DL4003", DOCKERFILE, f"{names.count('CMD')} CMD; one counts")
    if "USER" not in names or names.index("USER") > len(names) - 1:
        yield error("DL3002", DOCKERFILE, "runs as root: there is no USER")


def _instruction(number: int, word: str, line: str) -> Iterator[Problem]:
    where = f"{DOCKERFILE}:{number}"
    if word not in INSTRUCTIONS:
        yield error("dockerfile", where, f"{word} is no instruction")
    if word == "FROM" and not re.search(r"^FROM\s+\S+(:(?!latest)\S+|@sha256:\S+)", line, re.I):
        yield error("DL3006", where, "the image has no tag, or latest")
    if word == "WORKDIR" and not line.split()[1].startswith("/"):
        yield error("DL3000", where, "WORKDIR is relative")
    if word in ("CMD", "ENTRYPOINT") and not line.split(maxsplit=1)[1].startswith("["):
        yield error("DL3025", where, f"{word} is no JSON list: its shell keeps SIGTERM to itself")
    if word == "RUN" and re.search(r"\bsudo\b", line):
        yield error("DL3004", where, "sudo in an image")


def _instructions(text: str) -> Iterator[tuple[int, str]]:
    """(line, instruction), continued lines joined, comments left out."""
    kept, start = "", 0
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith("#") or (not line.strip() and not kept):
            continue
        start = start if kept else number
        kept += line.rstrip("\\")
        if not line.endswith("\\"):
            yield start, kept
            kept = ""
