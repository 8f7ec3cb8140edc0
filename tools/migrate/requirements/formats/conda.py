"""environment.yml of conda: its own packages, the pip list in it, and PyTorch's channels."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import count

import yaml  # type: ignore[import-untyped]
from packaging.requirements import InvalidRequirement, Requirement

from tools.migrate.requirements.edit import Edit
from tools.migrate.requirements.formats.splice import Splice
from tools.migrate.requirements.lines import Line
from tools.migrate.source import Text

ITEM = re.compile(r"([ \t]*-[ \t]+)([\"']?)([^\"'#\r\n]*?)\2[ \t]*(?:#[^\r\n]*)?(?:\r\n|\n|\r|$)")
SPEC = re.compile(r"(?:[\w.-]+::)?([A-Za-z0-9_.-]+)[ \t]*(.*)")
PIP = re.compile(r"^[ \t]*-[ \t]+pip(?![\w:])", re.M)
NAMES = {"pytorch": "torch", "pytorch-cpu": "torch", "pytorch-gpu": "torch", "faiss": "faiss-cpu"}
# Parts of CUDA, by their names on conda's channels: nothing but torch brings them.
CUDA = re.compile(
    r"(?:cuda|libcu|libnpp|libnv)[\w.-]*|pytorch-(?:cuda|mutex)|torchtriton|cudnn|nccl"
)
NOT_PACKAGES = frozenset({"python", "pip"})
CHANNELS = frozenset({"pytorch", "pytorch-nightly", "nvidia"})


def parse(text: str) -> tuple[Line, ...]:
    """The entries that are written one a line; none of a file that is no plain YAML."""
    if not valid(text):
        return ()
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    found = [*_below(root, "dependencies")]
    own = [node for node in found if isinstance(node, yaml.ScalarNode)]
    pip = [item for node in found for item in _below(node, "pip")]
    numbers = count(1)
    # pip's list first: it is where new lines go.
    lines = [*_lines(text, pip, "pip", numbers), *_lines(text, own, "conda", numbers)]
    if not any(line.kind == "conda" and line.name.startswith("faiss") for line in lines):
        lines += _lines(text, _below(root, "channels"), "channel", numbers)
    return tuple(lines)


def valid(text: str) -> bool:
    try:
        yaml.compose(text, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError):
        return False
    return True


def edited(text: Text, lines: Sequence[Line], edit: Edit) -> str:
    if any(line.slot == "pip" for line in lines) or not (edit.here or edit.end):
        return Splice(text, lines, edit, _render, into="pip").result()
    # There is no pip list yet: it goes where the first package goes, or behind the last.
    head = ["- pip:"] if PIP.search(text.text) else ["- pip", "- pip:"]
    inner = [f"    - {requirement}" for requirement in (*edit.here, *edit.end)]
    own = [line for line in lines if line.slot == "conda"]
    return Splice(text, own, replace(edit, here=[*head, *inner], end=[]), _indented).result()


def _below(node: yaml.Node | None, key: str) -> Iterator[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        for name, value in node.value:
            if name.value == key and isinstance(value, yaml.SequenceNode) and not value.flow_style:
                yield from value.value


def _lines(
    text: str, nodes: Iterable[yaml.Node], slot: str, numbers: Iterator[int]
) -> Iterator[Line]:
    for node in nodes:
        start = text.rfind("\n", 0, node.start_mark.index) + 1
        match = ITEM.match(text, start)
        if not isinstance(node, yaml.ScalarNode) or not match:
            continue
        line = _line(str(node.value), slot)
        if line:
            kind, asked, requirement = line
            number, shown = next(numbers), node.start_mark.line + 1
            yield Line(number, match.group(), kind, requirement, asked, match.span(), slot, shown)  # type: ignore[arg-type]


def _line(value: str, slot: str) -> tuple[str, str, Requirement | None] | None:
    if slot == "channel":
        return ("option", f"channel {value}", None) if value in CHANNELS else None
    try:
        if slot == "pip":
            return (
                ("requirement", value, Requirement(value)) if value[:1] != "-" else _option(value)
            )
        return _package(value)
    except InvalidRequirement:
        return None


def _option(value: str) -> tuple[str, str, None]:
    return "option", value, None


def _package(value: str) -> tuple[str, str, Requirement] | None:
    match = SPEC.fullmatch(value.partition("[")[0].strip())
    if not match or match[1].lower() in NOT_PACKAGES:
        return None
    name = NAMES.get(match[1].lower(), match[1])
    if CUDA.fullmatch(name):
        return "conda", value, Requirement(f"nvidia-{name}")
    version = match[2].strip().split("=build")[0]
    exact = re.fullmatch(r"=?=?[ ]*([\d.]+)(?:=\S*)?", version)
    return "conda", value, Requirement(f"{name}=={exact[1]}.*" if exact and version else name)


def _render(requirement: str, beside: Line) -> str:
    match = ITEM.match(beside.raw)
    return (match[1] if match else "- ") + requirement


def _indented(text: str, beside: Line) -> str:
    return beside.raw[: len(beside.raw) - len(beside.raw.lstrip(" "))] + text
