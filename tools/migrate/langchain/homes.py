"""Where LangChain 1.x keeps a name of 0.x."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tools.migrate.langchain.gone import GONE
from tools.migrate.langchain.modules import GUESSED, KEPT, MODULES
from tools.migrate.langchain.names import NAMES


@dataclass(frozen=True, slots=True)
class Gone:
    """A name that no package has any more, and what comes nearest."""

    instead: str


def home(module: str, name: str) -> str | Gone:
    """The module of 1.x that has `name` of the 0.x module `module`: the same one if it stayed."""
    module = _meant(module)
    if is_kept(module, name):
        return module
    for place in _upwards(module):
        if f"{place}.{name}" in GONE:
            return Gone(GONE[f"{place}.{name}"])
        if f"{place}.{name}" in NAMES:
            return NAMES[f"{place}.{name}"]
    return home_of_module(module)


def home_of_module(module: str) -> str:
    """The module of 1.x that has most of a 0.x module."""
    module = _meant(module)
    if KEPT.get(module) == "*":
        return module
    for place in (*_upwards(module), module.partition(".")[0]):
        if place in MODULES:
            return MODULES[place] + module[len(place) :]
    return module


def _meant(module: str) -> str:
    for place in _upwards(module):
        if place in GUESSED:
            return GUESSED[place] + module[len(place) :]
    return module


def is_kept(module: str, name: str) -> bool:
    """Whether langchain 1.x itself has the name, in the same place."""
    return any(
        KEPT.get(place) == "*" or (place == module and name in KEPT.get(place, "").split())
        for place in (module, *_upwards(module))
    )


def _upwards(module: str) -> Iterator[str]:
    """The module and those around it; a package alone only for itself."""
    yield module
    while module.count(".") > 1:
        module = module.rpartition(".")[0]
        yield module
