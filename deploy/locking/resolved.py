"""The packages that are installed on the host: all of them, with who asks for each."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from packaging.utils import canonicalize_name

from tools.limits.resolving import shortest_chain

_PIN = re.compile(r"^([A-Za-z0-9][\w.-]*)(?:\[[^\]]*\])?==([^\s;\\]+)")
_UNPINNED = re.compile(r"^([A-Za-z0-9][\w.-]*)(?:\[[^\]]*\])? @ |^-e ")
_VIA = re.compile(r"^    #(?: via)?\s+(\S.*)$")


@dataclass(frozen=True, slots=True)
class Resolved:
    """`via` holds packages alone: one that the manifest names itself has none of it."""

    versions: Mapping[str, str]
    via: Mapping[str, tuple[str, ...]]
    without_wheel: tuple[str, ...] = field(default=())  # name==version, built on the host

    def chain(self, name: str) -> tuple[str, ...]:
        """A shortest way from a package that the manifest names to `name`."""
        return shortest_chain(name, self.via)


def parse(text: str) -> Resolved:
    """What uv or pip-tools wrote, with its annotations."""
    versions: dict[str, str] = {}
    via: dict[str, list[str]] = {}
    name = ""
    for line in text.splitlines():
        pin, said = _PIN.match(line), _VIA.match(line)
        if pin:
            name = canonicalize_name(pin[1])
            versions[name], via[name] = pin[2], []
        elif said and name and not said[1].startswith(("-r ", "-c ")) and said[1] != "via":
            via[name].append(canonicalize_name(said[1].partition("[")[0]))
    return Resolved(versions, {key: tuple(names) for key, names in via.items()})


def unhashed(text: str) -> Iterator[str]:
    """Names of what has no hash: a URL, a folder."""
    for block in re.split(r"\n(?=\S)", text):
        if _UNPINNED.match(block) or (_PIN.match(block) and "--hash=" not in block):
            yield block.split()[0]
