"""The lines that imports of LangChain 1.x's packages need."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from tools.migrate.langchain.names import NAMES
from tools.migrate.requirements.langchain_pins import Pins
from tools.migrate.requirements.other_manifests import mentioned
from tools.migrate.requirements.stack import Case
from tools.migrate.requirements.uses import package_of, uses

if TYPE_CHECKING:
    from tools.migrate.project import Project

FLOORS = {
    "langchain-classic": ">=1.0",
    "langchain-community": ">=0.4",
    "langchain-core": ">=1.0",
    "langchain-openai": ">=1.0",
    "langchain-text-splitters": ">=1.0",
}
# Package -> what it requires for itself, of 1.x.
BRINGS = {
    "langchain-classic": ("langchain-text-splitters",),
    "langchain-community": ("langchain-classic", "langchain-text-splitters"),
}
CORE = "langchain-core"  # all of them require it
# The runtime's modules that look for LangChain's classes, and where those are in 1.x.
RUNTIME = {"window_memory": "langchain-classic", "langchain_store": "langchain-community"}
NO_FILE = PurePosixPath("requirements.txt")
PACKAGES = {
    *FLOORS,
    *(package_of(home) for home in NAMES.values() if "langchain" in home),
    "mypy-extensions",  # see UNSEEN
}


def needed_lines(project: Project, case: Case) -> dict[str, str]:
    """Requirement -> why, for what of LangChain 1.x the code imports and nothing listed brings."""
    there = {*case.names, *(b for name in case.names for b in BRINGS.get(name, ()))}
    if not lists_langchain(case):
        there |= mentioned(project, ["langchain", *PACKAGES])
    if any(name.startswith("langchain") for name in there):
        there.add(CORE)
    missing = {
        package + FLOORS.get(package, ""): why
        for package, why in [*_looked_for(case), *_imported(case)]
        if package in PACKAGES - there
    }
    missing = dict(sorted(missing.items()))
    place = case.files[0].path if case.files else NO_FILE
    return missing if missing and Pins(project).allow_1x(place) else {}


def needed_without_a_file(project: Project) -> dict[str, str]:
    """What the code imports, where no requirement file says what is installed."""
    code = tuple(project.python())
    return needed_lines(project, Case((), code, tuple(uses(project, code)), frozenset()))


def lists_langchain(case: Case) -> bool:
    return any(name.startswith("langchain") for name in case.names)


def _imported(case: Case) -> Iterator[tuple[str, str]]:
    for use in reversed(case.used):  # the first use is what counts in the end
        yield use.package, f"{use.place} imports {use.what}"


def _looked_for(case: Case) -> Iterator[tuple[str, str]]:
    for module in sorted(case.runtime & RUNTIME.keys()):
        yield RUNTIME[module], "the copied runtime needs it"
