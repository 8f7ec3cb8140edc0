"""The uses of the memories that become the window, and what each is turned into."""

from __future__ import annotations

from dataclasses import dataclass, field

import libcst as cst

from tools.migrate.memories.classes import WINDOW, WINDOWS
from tools.migrate.memories.factories import calls_it_bare, calls_it_later, is_base, partial_of
from tools.migrate.memories.fallbacks import Fallback, fallback_of
from tools.migrate.memories.histories import history_of
from tools.migrate.memories.unasked import HISTORY, OURS
from tools.migrate.syntax.calls import add_first, keyword, positional
from tools.migrate.syntax.file import PythonFile
from tools.migrate.syntax.symbols import SymbolRewrite, Use

LANGCHAINS_K = 5  # of a window that is given none


@dataclass
class Windows:
    """The uses of the classes that become the window."""

    rewrite: SymbolRewrite
    k: int
    left: list[Use] = field(default_factory=list)
    done: list[Use] = field(default_factory=list)

    def look_at(self, use: Use) -> None:
        fallback = fallback_of(use) if use.reference.ambiguous else None
        if fallback is not None:
            self._convert_fallback(use, fallback)
            return
        why = _why_not(self.rewrite, use)
        if why is None:
            self.done.append(use)
            self._convert(use)
        elif use.call is not None or not use.names_a_type:
            use.file.note("skipped", use.node, f"{use.file.source(use.node)} left as it is: {why}")
            self.left.append(use)

    def convert_types(self) -> None:
        """A type stays as it is where an object of the old class stays."""
        old = {use.file.path for use in self.left}
        for use in self.rewrite.uses:
            named = use.call is None and use.names_a_type and use.reference.origin in WINDOWS
            if named and use.file.path not in old:
                self.rewrite.convert(use, OURS)
                self.done.append(use)

    def converted_files(self) -> list[PythonFile]:
        return list({use.file.path: use.file for use in self.done}.values())

    def _convert_fallback(self, use: Use, fallback: Fallback) -> None:
        call = use.call
        if call is None:
            return
        reasons = (
            _why_not_call(self.rewrite, other, other.call)
            for other in self._calls_of(use)
            if other.call
        )
        why = next((reason for reason in reasons if reason), None)
        if why is not None:
            use.file.note("skipped", call, f"{fallback.name} left as it is: {why}")
            return
        if not any(done.file is use.file and _same(done, use) for done in self.done):
            fallback.import_instead(OURS)
        size = self._size(use)
        self._convert_call(use, call, size)
        use.file.note("changed", call, _says(WINDOWS[use.reference.origin], size))
        self.done.append(use)

    def _calls_of(self, use: Use) -> list[Use]:
        """The calls under the same name: all of them get another class, or none."""
        calls = (u for u in self.rewrite.uses if u.file is use.file and u.call is not None)
        return [other for other in calls if _same(other, use)]

    def _size(self, use: Use) -> str:
        """The argument to add: a window has its own size, or LangChain's."""
        if is_base(use):
            return f"k={LANGCHAINS_K}"
        given = use.call is not None and keyword(use.call, "k") is not None
        return "" if given or WINDOWS[use.reference.origin] == WINDOW else f"k={self.k}"

    def _convert(self, use: Use) -> None:
        self.rewrite.convert(use, OURS)
        size = self._size(use)
        if use.call is not None:
            self._convert_call(use, use.call, size)
        elif calls_it_later(use):
            if size:
                first = partial_of(use).args[0]
                use.file.edits.insert(use.file.span(first.value).end, f", {size}")
        elif not is_base(use):
            span = use.file.span(use.node)
            use.file.edits.insert(span.start, "lambda: ")
            use.file.edits.insert(span.end, f"({size})")
        use.file.note("changed", use.node, _says(WINDOWS[use.reference.origin], size))

    def _convert_call(self, use: Use, call: cst.Call, size: str) -> None:
        if size:
            add_first(use.file, call, size)
        history = history_of(self.rewrite.uses, use)
        if history is not None:
            self.rewrite.convert(history, HISTORY)


def _same(one: Use, other: Use) -> bool:
    return one.file.source(one.node) == other.file.source(other.node)


def _says(name: str, size: str) -> str:
    if not size:
        return f"{name} now forgets what its window no longer shows"
    return f"{name} keeps the last {size.removeprefix('k=')} turns, and nothing older"


def _why_not(rewrite: SymbolRewrite, use: Use) -> str | None:
    if use.reference.ambiguous:
        return "the name is also defined here, so another class may be meant"
    if use.call is None:
        if calls_it_bare(use) or calls_it_later(use) or is_base(use):
            return None
        return "it is used here otherwise than by calling it"
    return _why_not_call(rewrite, use, use.call)


def _why_not_call(rewrite: SymbolRewrite, use: Use, call: cst.Call) -> str | None:
    if positional(call):
        return "it is called with an argument without a keyword"
    if keyword(call, "chat_memory") and not history_of(rewrite.uses, use):
        return "its messages are kept by the chat_memory it is given, which is not ours to trim"
    if keyword(call, "buffer"):
        return "it is given the text that it begins with"
    return None
