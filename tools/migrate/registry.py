"""The rules, in the order in which they run."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from types import ModuleType
from typing import Protocol, cast

from tools.migrate.project import Project
from tools.migrate.rules import (
    conversations,
    embeddings,
    errors,
    growth,
    health,
    histories,
    langchain,
    launch,
    loading,
    local_models,
    memory,
    quiet,
    requirements,
    sessions,
    stores,
    timeouts,
    torch_imports,
)
from tools.migrate.settings import Settings
from vectorstore.commandline import CommandError


class Rule(Protocol):
    """A module of `tools.migrate.rules`. Its docstring is its documentation."""

    ID: str

    def apply(self, project: Project, settings: Settings) -> None:
        """Stage this rule's changes and note what was done and what was not."""


_MODULES: Sequence[ModuleType] = (
    langchain,  # first: the others know the spellings of both versions
    embeddings,
    stores,  # after embeddings: only stores of our embeddings are converted
    local_models,
    loading,  # after embeddings and stores: it asks what the runtime shares
    memory,
    histories,
    conversations,  # after memory and histories, as sessions: they look for the windows
    sessions,
    growth,  # after conversations: what those bound is bounded
    quiet,
    timeouts,
    errors,
    health,
    launch,
    torch_imports,  # after all that may leave an import unused
    requirements,  # last: it reads what the others left imported
)
RULES: tuple[Rule, ...] = tuple(cast(Rule, module) for module in _MODULES)


def documentation(rule: Rule) -> str:
    """What the rule does, with a before and after."""
    return inspect.cleandoc(rule.__doc__ or "")


def summary(rule: Rule) -> str:
    """The first sentence of its documentation."""
    return documentation(rule).partition("\n")[0]


def check_ids(ids: frozenset[str]) -> None:
    """Raise CommandError for an id that no rule has."""
    known = [rule.ID for rule in RULES]
    for unknown in sorted(ids - set(known)):
        raise CommandError(f"no rule {unknown!r}. Choose from {', '.join(known)}.")
