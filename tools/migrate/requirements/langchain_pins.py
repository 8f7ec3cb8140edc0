"""Whether a repository's manifests let LangChain resolve to version 1."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from tools.migrate.requirements.files import family, home, requirement_files
from tools.migrate.requirements.other_manifests import listed_elsewhere
from tools.migrate.requirements.python_version import stated_python

if TYPE_CHECKING:
    from tools.migrate.project import Project

# The first version of each package that installs beside langchain 1.x, by their metadata.
FIRST = {
    "langchain": "1.0",
    "langchain-anthropic": "0.3.21",
    "langchain-aws": "1.0",
    "langchain-chroma": "0.2.3",
    "langchain-classic": "1.0",
    "langchain-cohere": "0.5",
    "langchain-community": "0.3.29",
    "langchain-core": "1.0",
    "langchain-experimental": "0.4",
    "langchain-fireworks": "1.0",
    "langchain-google-genai": "2.1.12",
    "langchain-groq": "1.0",
    "langchain-huggingface": "1.0",
    "langchain-mistralai": "0.2.12",
    "langchain-ollama": "0.3.9",
    "langchain-openai": "0.3.34",
    "langchain-qdrant": "1.0",
    "langchain-text-splitters": "0.3.10",
    "langgraph": "1.0",
    "pydantic": "2.7.4",
}
FIRST_PYTHON = (3, 10)


@dataclass(frozen=True, slots=True)
class Pin:
    """What one manifest asks for of one package."""

    home: PurePosixPath  # the folder whose code the manifest is for
    package: str
    specifier: str


class Pins:
    """What the manifests of a repository ask for of LangChain, read once."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._pins = dict.fromkeys([*_in_requirement_files(project), *_in_others(project)])

    def allow_1x(self, path: PurePosixPath) -> bool:
        """Whether the code in `path` can meet LangChain 1.x: no pin, limit or old Python forbids it.

        The nearest folder above that lists LangChain decides; where none does, all that is listed.
        """
        near = next((folder for folder in path.parents if self._lists_langchain(folder)), None)
        wanted = [pin for pin in self._pins if near is None or pin.home == near]
        return all(allowed(pin) for pin in wanted) and self._python_allows(path.parent)

    def _lists_langchain(self, folder: PurePosixPath) -> bool:
        return any(p.home == folder and p.package.startswith("langchain") for p in self._pins)

    def _python_allows(self, folder: PurePosixPath) -> bool:
        stated = stated_python(self._project, folder)
        return stated is None or tuple(map(int, stated[0].split("."))) >= FIRST_PYTHON


def allowed(pin: Pin) -> bool:
    """Whether a version that goes with langchain 1.x satisfies the pin."""
    first = FIRST.get(pin.package)
    if first is None:
        return True
    try:
        specifiers = SpecifierSet(pin.specifier)
        named = [Version(s.version.removesuffix(".*")) for s in specifiers]
    except (InvalidSpecifier, InvalidVersion):
        return True
    tried = [Version(first), Version("9999"), *named, *(Version(f"{v.public}.1") for v in named)]
    return any(v >= Version(first) and specifiers.contains(v, prereleases=True) for v in tried)


def _in_requirement_files(project: Project) -> Iterator[Pin]:
    files = requirement_files(project)
    for file in files.values():
        for member in family(file, files):
            for line in member.lines:
                if line.requirement and line.name in FIRST:
                    yield Pin(home(file.path), line.name, str(line.requirement.specifier))


def _in_others(project: Project) -> Iterator[Pin]:
    for path, package, specifier in listed_elsewhere(project):
        if package in FIRST:
            yield Pin(path.parent, package, specifier)
