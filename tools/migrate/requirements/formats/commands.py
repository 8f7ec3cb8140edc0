"""`pip install …` in a Dockerfile or a shell script."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from packaging.requirements import InvalidRequirement, Requirement

from tools.migrate.launch.containers import instructions
from tools.migrate.launch.files import in_script
from tools.migrate.launch.shell import Word, commands
from tools.migrate.requirements.lines import Kind, Line

PIP = re.compile(r"pip[\d.]*")
PYTHON = re.compile(r"python[\d.]*|py|\$\w+|\$\{\w+\}")
PREFIX = re.compile(r"--[\w-]+=.*|[A-Za-z_]\w*=.*|sudo|-[HE]|exec|time|uv", re.S)
BEFORE_A_COMMAND = re.compile(r"--.+|then|do|else|!", re.S)  # options of RUN, words of the shell
INDEX = frozenset({"-i", "--index-url", "--extra-index-url", "-f", "--find-links"})
INCLUDE = frozenset({"-r", "--requirement", "-c", "--constraint"})
LOCAL = frozenset({"-e", "--editable"})
WITH_VALUE = INDEX | INCLUDE | LOCAL | {
    "-t", "--target", "--timeout", "--retries", "--trusted-host", "--cache-dir", "--prefix",
    "--root", "--progress-bar", "--upgrade-strategy", "--platform", "--python-version",
    "--no-binary", "--only-binary", "--log", "--proxy", "--python", "-p", "--index-strategy",
}  # fmt: skip


def in_dockerfile(text: str) -> tuple[Line, ...]:
    runs = (i for i in instructions(text) if i.name == "RUN" and text[i.start : i.start + 1] != "[")
    return _lines(text, (words for run in runs for words in commands(text, run.start, run.end)))


def in_shell(text: str) -> tuple[Line, ...]:
    return _lines(text, in_script(text))


def _lines(text: str, found: Iterable[Sequence[Word]]) -> tuple[Line, ...]:
    lines = [line for words in found for line in _command(text, words)]
    return tuple(replace(line, number=number) for number, line in enumerate(lines, 1))


def _command(text: str, words: Sequence[Word]) -> Iterator[Line]:
    """What one command installs: its slot says where the command stands."""
    start, first = _arguments(words)
    if first is None:
        return
    slot = f"command {words[start].start} {words[-1].end}"
    index = first
    while index < len(words):
        word = words[index]
        name, equals, _ = word.value.partition("=")
        takes_next = word.value in WITH_VALUE and index + 1 < len(words)
        last = words[index + 1] if takes_next else word
        value = last.value if takes_next else word.value
        kind, asked, requirement = _meaning(name if word.value[:1] == "-" else "", value, equals)
        if kind != "nothing":
            span, shown = (word.start, last.end), text.count("\n", 0, word.start) + 1
            raw = text[word.start : last.end]
            yield Line(0, raw, kind, requirement, asked, span, slot, shown)
        index += 2 if takes_next else 1


def _arguments(words: Sequence[Word]) -> tuple[int, int | None]:
    """(first word of the command itself, first word behind `pip install`)."""
    start = 0
    while start < len(words) and BEFORE_A_COMMAND.fullmatch(words[start].value):
        start += 1
    at = start
    while at < len(words) and PREFIX.fullmatch(words[at].value):
        at += 1
    if at + 1 < len(words) and PYTHON.fullmatch(words[at].program) and words[at + 1].value == "-m":
        at += 2
    if at >= len(words) or not PIP.fullmatch(words[at].program):
        return start, None
    for index in range(at + 1, len(words)):
        if words[index].value == "install":
            return start, index + 1
        if not words[index].value.startswith("-"):
            break
    return start, None


def _meaning(option: str, value: str, equals: str) -> tuple[Kind, str, Requirement | None]:
    if option in INDEX or option in INCLUDE:
        return "option", f"{option} {value.partition('=')[2] if equals else value}", None
    if option in LOCAL:
        return "location", f"{option} {value}", None
    if option:
        return "nothing", "", None
    try:
        return "requirement", value, Requirement(value)
    except InvalidRequirement:
        return "location", value, None
