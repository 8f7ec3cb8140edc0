"""Leaves code and requirements as they are where what the code would need cannot be installed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.requirements import Requirement

from tools.migrate.requirements.resolve import ResolveError

if TYPE_CHECKING:
    from tools.migrate.requirements.change import Change


class NotTogether(Exception):
    """A file that resolved would not any more. The message names what cannot be had together."""

    @classmethod
    def of(cls, change: Change, error: ResolveError) -> NotTogether:
        listed = {
            line.name: f"{line.code} ({file.path}:{line.line})"
            for file, line in change.case.lines()
            if line.name in error.blamed and (file.path, line.number) not in change.replaced
        }
        added = [*change.needs.added, *change.needs.raised.values()]
        needed = [text for text in added if Requirement(text).name in error.blamed]
        if not listed:
            return cls(f"with {', '.join(added)} {change.main.path} does not resolve; {error}")
        needs = ", ".join(needed or added)
        return cls(
            f"{' and '.join(listed.values())} cannot be had together with {needs}, which the"
            f" converted code needs. Allow another version of {' or '.join(listed)}, then run this"
            f" again; {error}"
        )


def take_back(change: Change, why: str) -> None:
    """Leave the files of a group, and tell the rules whose code needs more to leave theirs."""
    for rule in _rules(change):
        for path in change.case.code:
            change.project.undone[rule, path] = why
    change.note("refused", (change.main.path, None), f"{why}. Nothing was changed")


def _rules(change: Change) -> list[str]:
    """`embeddings`, unless what LangChain 1.x needs cannot be installed by itself either."""
    langchain = [*change.needs.why]
    runtime = ["embeddings"] if change.case.runtime else []
    if not langchain:
        return runtime
    try:
        change.questions.after(langchain, frozenset(), {})
    except ResolveError:
        return [*runtime, "langchain"]
    return runtime
