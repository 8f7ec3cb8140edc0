"""Where a value goes that only said which device a model runs on."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

import libcst as cst
from libcst.helpers import get_full_name_for_node

from tools.migrate.project import Project
from tools.migrate.syntax.file import PythonFile, open_file
from tools.migrate.syntax.names import chains

# Methods by which text is shown or logged, whatever the object is called.
SHOWN = frozenset(
    [
        "print",
        "debug",
        "info",
        "warning",
        "error",
        "success",
        "write",
        "text",
        "caption",
        "markdown",
    ]
)
CONTAINERS = (
    cst.Dict,
    cst.DictElement,
    cst.List,
    cst.Tuple,
    cst.Element,
    cst.BinaryOperation,
    cst.FormattedStringExpression,
    cst.FormattedString,
    cst.ConcatenatedString,
    cst.IfExp,
)


@dataclass(frozen=True)
class Flow:
    """Follows values by name through the files that run together."""

    project: Project
    paths: Collection[PurePosixPath]

    def ends_in_words(
        self, file: PythonFile, node: cst.CSTNode, seen: frozenset[str] = frozenset()
    ) -> bool:
        """Whether the value of `node` is at most compared, shown, or kept and never used."""
        parent = file.parent(node)
        if isinstance(parent, (cst.Comparison, cst.ComparisonTarget, cst.Expr)):
            return True
        if isinstance(parent, CONTAINERS):
            return self.ends_in_words(file, parent, seen)
        if isinstance(parent, cst.Call) and parent.func is node:
            return self.ends_in_words(file, parent, seen)
        if isinstance(parent, cst.Arg):
            return shows(file.parent(parent))
        if isinstance(parent, cst.Return):
            above = next(
                (a for a in file.ancestors(parent) if isinstance(a, cst.FunctionDef)), None
            )
            return above is not None and self.is_idle(above.name, seen)
        if isinstance(parent, cst.Assign):
            return all(self.is_idle(target.target, seen) for target in parent.targets)
        return isinstance(parent, cst.AnnAssign) and self.is_idle(parent.target, seen)

    def is_idle(self, target: cst.CSTNode, seen: frozenset[str] = frozenset()) -> bool:
        """Whether all that reads a variable, attribute or function of this name ends in words."""
        if not isinstance(target, (cst.Name, cst.Attribute)):
            return False
        name = target.value if isinstance(target, cst.Name) else target.attr.value
        return name in seen or all(
            self.ends_in_words(file, chain, seen | {name})
            for file in self._holding(name)
            for chain in chains(file, {name})
        )

    def _holding(self, name: str) -> Iterator[PythonFile]:
        for path in sorted(self.paths):
            if name.encode() in self.project.read(path):
                file = open_file(self.project, path, "")
                if file is not None:
                    yield file


def shows(node: cst.CSTNode | None) -> bool:
    """Whether a call only shows or logs its arguments."""
    if not isinstance(node, cst.Call):
        return False
    return (get_full_name_for_node(node.func) or "").rpartition(".")[2] in SHOWN
