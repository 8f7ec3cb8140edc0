"""Commands in YAML, TOML and JSON, at their places in the text: nothing is written anew."""

from __future__ import annotations

import re
from collections.abc import Iterator

import yaml  # type: ignore[import-untyped]

from tools.migrate.launch.shell import Word, commands

KEYS = frozenset(
    [
        "command",
        "entrypoint",
        "startCommand",
        "start_command",
        "dockerCommand",
        "run_command",
        "cmd",
        "start",
    ]
)
TABLES = frozenset({"run", "processes"})  # heroku.yml's and fly.toml's: name -> command
STRING = re.compile(r""""(?:[^"\\\n]|\\.)*"|'[^'\n]*'""")
TOML_LINE = re.compile(r"^[ \t]*(?:\[+[ \t]*([\w.\"-]+)[ \t]*\]+|([\w-]+)[ \t]*=[ \t]*)", re.M)
JSON_KEY = re.compile(r'"(\w+)"\s*:\s*(?=["\[])')


def in_yaml(text: str) -> Iterator[list[Word]]:
    """The commands of a YAML file; none where it is no plain YAML, such as a template."""
    try:
        documents = list(yaml.compose_all(text, Loader=yaml.SafeLoader))
    except (yaml.YAMLError, RecursionError):
        return
    for document in documents:
        for node in _command_nodes(document, frozenset()):
            yield from _in_node(text, node)


def _command_nodes(
    node: yaml.Node, above: frozenset[int], named: bool = False
) -> Iterator[yaml.Node]:
    """The nodes below a key that names a command. An alias may lead to itself."""
    if id(node) in above:
        return
    inside = above | {id(node)}
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value in KEYS or named:
                yield value
            else:
                yield from _command_nodes(value, inside, key.value in TABLES)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _command_nodes(item, inside)


def _in_node(text: str, node: yaml.Node) -> Iterator[list[Word]]:
    if isinstance(node, yaml.SequenceNode):
        scalars = [item for item in node.value if isinstance(item, yaml.ScalarNode)]
        spans = [(item.start_mark.index, item.end_mark.index) for item in scalars]
        yield [Word(text[start:end], start) for start, end in spans if start < end]
    elif isinstance(node, yaml.ScalarNode):
        start, end = node.start_mark.index, node.end_mark.index
        if node.style in ("|", ">"):
            start = text.find("\n", start) + 1
        elif node.style:
            start, end = start + 1, end - 1
        yield from commands(text, start, end, folded=node.style != "|")


def in_toml(text: str) -> Iterator[list[Word]]:
    table = ""
    for match in TOML_LINE.finditer(text):
        if match[1]:
            table = match[1]
        elif match[2] in KEYS or table in TABLES:
            yield from _at(text, match.end())


def in_json(text: str) -> Iterator[list[Word]]:
    for match in JSON_KEY.finditer(text):
        if match[1] in KEYS:
            yield from _at(text, match.end())


def _at(text: str, position: int) -> Iterator[list[Word]]:
    """The command in the string, or the list of strings, that begins there."""
    if text[position : position + 1] == "[":
        end = text.find("]", position)
        yield [Word(m.group(), m.start()) for m in STRING.finditer(text, position, max(end, 0))]
    elif text[position : position + 3] not in ('"""', "'''"):
        match = STRING.match(text, position)
        if match:
            yield from commands(text, match.start() + 1, match.end() - 1)
