"""One worker, no reloading and no debugger in a server's command line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from tools.migrate.launch.count import count
from tools.migrate.launch.finding import Finding
from tools.migrate.launch.servers import NEEDED, SERVERS, WRAPPERS, Server
from tools.migrate.launch.shell import Word, commands

ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=.*", re.S)
PYTHON = re.compile(r"(python|py)[\d.]*")
SHELL = frozenset({"sh", "bash", "dash", "ash", "zsh", "cmd"})
FALSE = {"true": "false", "True": "False", "1": "0", "yes": "no", "on": "off"}


def findings(text: str, words: Sequence[Word]) -> Iterator[Finding]:
    """What changes in one simple command."""
    start = _program(words)
    if start is None:
        return
    word, rest = words[start], words[start + 1 :]
    if word.program in SHELL:
        yield from _inner(text, rest)
    elif word.program == "manage.py":
        yield from _development_server(rest)
    elif _is_served(word.program, rest):
        yield from _server(text, word, SERVERS[word.program], rest)


def argument_findings(text: str, program: str, start: int, end: int) -> Iterator[Finding]:
    """What changes in arguments that stand in a variable, such as GUNICORN_CMD_ARGS."""
    for words in commands(text, start, end):
        yield from _server(text, Word("", start), SERVERS[program], words)


def server_of(words: Sequence[Word]) -> tuple[str, list[Word]] | None:
    """The server that a command starts, and its arguments."""
    start = _program(words)
    program = words[start].program if start is not None else ""
    if start is None or program not in SERVERS:
        return None
    rest = list(words[start + 1 :])
    return (program, rest) if _is_served(program, rest) else None


def _program(words: Sequence[Word]) -> int | None:
    """Where the program stands behind assignments and what merely starts it."""
    for index, word in enumerate(words):
        if word.program in SERVERS or word.program in SHELL or word.program == "manage.py":
            return index
        plain = word.value in WRAPPERS or PYTHON.fullmatch(word.program)
        if not plain and not ASSIGNMENT.fullmatch(word.value):
            return None
    return None


def _inner(text: str, rest: Sequence[Word]) -> Iterator[Finding]:
    """The command in `sh -c "…"`."""
    for flag, word in zip(rest, rest[1:], strict=False):
        if re.fullmatch(r"-[a-z]*c|/c", flag.value):
            inside = len(word.quote)
            for inner in commands(text, word.start + inside, word.end - inside):
                yield from findings(text, inner)
            return


def _development_server(rest: Sequence[Word]) -> Iterator[Finding]:
    if rest and rest[0].value == "runserver":
        reloads = not any(word.value == "--noreload" for word in rest)
        second = " and its reloader keeps a second process with the model" if reloads else ""
        message = (
            f"runserver is Django's development server{second}: start"
            " `gunicorn --workers 1 PROJECT.wsgi` in its place, with gunicorn in the requirements"
        )
        yield Finding(rest[0].start, rest[0].end, None, message, "warning")


def _is_served(program: str, rest: Sequence[Word]) -> bool:
    needed = NEEDED.get(program)
    return needed is None or any(word.value in needed for word in rest)


def _server(text: str, program: Word, server: Server, rest: Sequence[Word]) -> Iterator[Finding]:
    before, index = program, 0
    while index < len(rest) and rest[index].value != "--":
        word = rest[index]
        value = rest[index + 1] if index + 1 < len(rest) else None
        found = list(_argument(text, server, before, word, value))
        yield from found
        if value is not None and any(f.end == value.end for f in found):
            index, word = index + 1, value
        before = word
        index += 1


def _argument(
    text: str, server: Server, before: Word, word: Word, value: Word | None
) -> Iterator[Finding]:
    name, equals, given = word.value.partition("=")
    if word.value in server.dropped or (equals and name in server.dropped_with_value):
        yield _drop(text, before, word, word)
    elif name in server.dropped_with_value and value is not None:
        yield _drop(text, before, word, value)
    elif word.value in server.renamed:
        new = server.renamed[word.value]
        message = f"`{new}` in the place of `{word.value}`, which reloads"
        yield Finding(word.start, word.end, word.saying(new), message)
    elif name in server.boolean:
        yield from _switch_off(word, name, equals, given, value)
    elif name in server.workers and (equals or value is not None):
        yield from _one(word, f"{name}=", given) if equals else _one(value or word, "", None)
    elif "-w" in server.workers and re.fullmatch(r"-w.+", word.value, re.S):
        yield from _one(word, "-w", word.value[2:])
    elif server.clustered and re.fullmatch(r"-[a-z]+", word.value):
        yield from _clustered(text, server.clustered, before, word)


def _one(word: Word, before: str, given: str | None) -> Iterator[Finding]:
    said = word.value if given is None else given
    found = count(said)
    if found.one is not None:
        message = f"one worker in the place of {said}: each would load the app and its model anew"
        new = word.saying(before + found.one)
        yield Finding(word.start, word.end, new, message, variable=found.variable)
    elif found.unclear:
        message = f"the number of workers, {said}, cannot be told: see that it is 1"
        yield Finding(word.start, word.end, None, message, "skipped")
    elif found.variable:
        message = f"{found.variable} says how many workers there are"
        yield Finding(word.start, word.end, None, message, "kept", found.variable)


def _switch_off(
    word: Word, name: str, equals: str, given: str, value: Word | None
) -> Iterator[Finding]:
    message = f"{name} is off: it watches every file"
    if equals:
        if given in FALSE:
            yield Finding(word.start, word.end, word.saying(f"{name}={FALSE[given]}"), message)
    elif value is not None and value.value in FALSE:
        yield Finding(value.start, value.end, value.saying(FALSE[value.value]), message)


def _clustered(text: str, letters: str, before: Word, word: Word) -> Iterator[Finding]:
    left = "".join(letter for letter in word.value[1:] if letter not in letters)
    if not left:
        yield _drop(text, before, word, word)
    elif left != word.value[1:]:
        message = f"-{left} in the place of {word.value}, which reloads or debugs"
        yield Finding(word.start, word.end, word.saying(f"-{left}"), message)


def _drop(text: str, before: Word, first: Word, last: Word) -> Finding:
    """Delete the words with the space, the comma or the line end before them."""
    between = text[before.end : first.start]
    if "#" in between:
        message = f"{first.value} stays, as a comment stands before it: take it out by hand"
        return Finding(first.start, last.end, None, message, "skipped")
    message = f"without {first.value}, which is for development"
    return Finding(before.end, last.end, "", message)
