"""What a list of requirements resolves to, asked of uv: from metadata, nothing is installed."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from packaging.utils import canonicalize_name

from tools.limits.resolving import NotAskedError, pip_compile, shortest_chain

TIMEOUT_S = 180
LINE = re.compile(r"^([A-Za-z0-9][\w.-]*)(?:\[[^\]]*\])?==([^\s;\\]+)(?:[^#\n]*# via (.*))?")
REQUIRED = re.compile(r"you require ([A-Za-z0-9][\w.-]*)")
HASHES = re.compile(r"--hash=(\S+)")


@dataclass(frozen=True, slots=True)
class Resolution:
    """Every package that would be installed, with its version and what requires it."""

    versions: dict[str, str]
    via: dict[str, frozenset[str]]
    hashes: dict[str, tuple[str, ...]]

    def __contains__(self, name: object) -> bool:
        return name in self.versions

    def why(self, name: str) -> tuple[str, ...]:
        """A shortest chain of packages from one that is asked for itself to `name`."""
        return shortest_chain(name, self.via)


class ResolveError(Exception):
    """uv found no solution, or could not be asked; the message is uv's own, shortened.

    `blamed` are the packages of which uv says that what is required of them cannot be had together.
    """

    def __init__(self, message: str, *, unsolvable: bool, said: str = "") -> None:
        super().__init__(message)
        self.unsolvable = unsolvable
        self.blamed = frozenset(map(canonicalize_name, REQUIRED.findall(" ".join(said.split()))))


def resolve(
    requirements: Iterable[str],
    *,
    python: str,
    constraints: Iterable[str] = (),
    hashes: bool = False,
) -> Resolution:
    """The newest set of packages for `requirements` on Linux with Python `python` ("3.11").

    Raises ResolveError.
    """
    return _resolve(tuple(requirements), python, tuple(constraints), hashes)


@lru_cache(maxsize=64)
def _resolve(
    requirements: tuple[str, ...], python: str, constraints: tuple[str, ...], hashes: bool
) -> Resolution:
    more = ["--constraint", "limits.txt", "--annotation-style", "line"]
    more += ["--generate-hashes"] if hashes else []
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "in.txt").write_text("\n".join(requirements) + "\n", encoding="utf-8")
        (Path(folder) / "limits.txt").write_text("\n".join(constraints) + "\n", encoding="utf-8")
        try:
            done = pip_compile(
                "in.txt", more, folder=folder, python=python, platform="linux", timeout_s=TIMEOUT_S
            )
        except NotAskedError as error:
            raise ResolveError(str(error), unsolvable=False) from error
    if done.returncode:
        said = done.stderr
        raise ResolveError(_shortened(said), unsolvable=_no_solution(said), said=said)
    return _parse(done.stdout)


def _parse(output: str) -> Resolution:
    versions: dict[str, str] = {}
    via: dict[str, frozenset[str]] = {}
    hashes: dict[str, tuple[str, ...]] = {}
    # With hashes a package takes several lines; its comment stands on the last.
    for block in re.split(r"\n(?=\S)", output):
        match = LINE.match(" ".join(line.rstrip("\\ ") for line in block.splitlines()))
        if match:
            name = match[1]
            versions[name] = match[2]
            sources = (match[3] or "").split(", ")
            via[name] = frozenset(s for s in sources if s and not s.startswith("-r "))
            hashes[name] = tuple(HASHES.findall(block))
    return Resolution(versions, via, hashes)


def _no_solution(stderr: str) -> bool:
    found_none = "No solution found" in stderr or "unsatisfiable" in stderr
    return found_none and "network was disabled" not in stderr


def _shortened(stderr: str, limit: int = 600) -> str:
    said = re.split(r"\[std(?:err|out)\]", stderr)[0]  # a failed build's own traceback follows
    text = " ".join(re.sub(r"[×╰─▶│├]+", " ", said).split())
    return text if len(text) <= limit else text[: limit - 1] + "…"
