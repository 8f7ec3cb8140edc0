"""Code around torch that does nothing once no model runs in torch any more."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst
from libcst.helpers import get_full_name_for_node

from tools.migrate.requirements.cuts import Cuts
from tools.migrate.requirements.torch_names import CONTEXTS, TorchNames
from tools.migrate.requirements.torch_values import Flow, shows
from tools.migrate.syntax.calls import outer_span
from tools.migrate.syntax.file import PythonFile
from tools.migrate.syntax.imports import Imported

STATEMENTS = (cst.Try, cst.If, cst.With, cst.Decorator, cst.SimpleStatementLine)
IMPORT_ERRORS = frozenset({"ImportError", "ModuleNotFoundError", "Exception", "BaseException"})


class TorchCode:
    """What of a file can go. `left` are the uses of torch that cannot be explained away."""

    def __init__(self, file: PythonFile, table: Sequence[Imported], flow: Flow) -> None:
        self.file, self.table, self.flow = file, table, flow
        self.names = TorchNames(file, table)
        self.cuts = Cuts(file, self.names.is_import)
        for node in file.nodes(cst.CSTNode):  # type: ignore[type-abstract]
            if isinstance(node, STATEMENTS) and self._matters(node):
                self._statement(node)
        self._kept: list[cst.CSTNode] = []
        for node in file.nodes(cst.Try):
            if not self.cuts.holds(node):
                self._guarded(node)
        for node in file.nodes(cst.BaseExpression):  # type: ignore[type-abstract]
            if isinstance(node, (cst.IfExp, cst.Call)) and self._matters(node):
                self._expression(node)

    @property
    def left(self) -> list[cst.CSTNode]:
        return [*self._kept, *(use for use in self.names.uses if not self.cuts.holds(use))]

    def _matters(self, node: cst.CSTNode) -> bool:
        return self.names.inside(node) and not self.cuts.holds(node)

    def _statement(self, node: cst.CSTNode) -> None:
        if isinstance(node, cst.If):
            self._if(node)
        elif isinstance(node, cst.With):
            if all(self.names.called(i.item) in CONTEXTS and not i.asname for i in node.items):
                self._unwrap(node, node.body)
        elif self._does_nothing(node):
            self.cuts.lines(node)

    def _guarded(self, node: cst.Try) -> None:
        """`try: import torch; HAS_TORCH = True / except ImportError: HAS_TORCH = False`.

        Without torch the handler runs, so that is what stays: without the import alone the flag
        would say that torch is there.
        """
        body = _smalls(node.body)
        flags = [small for small in body if _sets_flag(small)]
        if not flags or not all(s in flags or self.names.is_import(s) for s in body):
            return
        if not self.names.is_import(body[0]):
            return
        if len(node.handlers) == 1 and not (node.orelse or node.finalbody):
            handler = node.handlers[0]
            told = (_sets_flag(small) or self._is_setup(small) for small in _smalls(handler.body))
            if _catches_import_error(handler) and all(told):
                self._unwrap(node, handler.body)
        if not self.cuts.holds(node):
            self._kept.append(body[0])

    def _does_nothing(self, node: cst.CSTNode) -> bool:
        if isinstance(node, cst.Decorator):
            return self.names.called(node.decorator) in CONTEXTS
        if isinstance(node, cst.Try):
            blocks = [node.body, *(handler.body for handler in node.handlers)]
            return not (node.orelse or node.finalbody) and all(map(self._only_prepares, blocks))
        return isinstance(node, cst.SimpleStatementLine) and all(
            map(self.names.prepares, node.body)
        )

    def _if(self, node: cst.If) -> None:
        if isinstance(self.file.parent(node), cst.If):
            return  # an elif, seen with the first branch
        if _is_hasattr(node.test) and not node.orelse and self._only_prepares(node.body):
            self.cuts.lines(node)
            return
        rest: cst.If | cst.Else | None = node
        while isinstance(rest, cst.If) and self.names.is_false(rest.test):
            if not all(map(self._can_be_skipped, _smalls(rest.body))):
                return
            rest = rest.orelse
        if rest is None:
            self.cuts.lines(node)
        elif isinstance(rest, cst.Else):
            self._unwrap(node, rest.body)

    def _unwrap(self, node: cst.CSTNode, block: cst.BaseSuite) -> None:
        if not self.names.inside(block) and not any(map(self.names.is_import, _smalls(block))):
            self.cuts.unwrap(node, block)

    def _only_prepares(self, block: cst.BaseSuite) -> bool:
        """Whether a block does nothing but import and set up torch, or say that it failed."""
        return all(self._is_setup(s) or self.names.is_import(s) for s in _smalls(block))

    def _can_be_skipped(self, small: cst.CSTNode) -> bool:
        """Whether it makes no difference but to words that a statement is never run."""
        if self._is_setup(small):
            return True
        if not isinstance(small, (cst.Assign, cst.Return)) or small.value is None:
            return False
        return self.names.inert(small.value) and (
            _is_literal(small.value) or self.flow.ends_in_words(self.file, small.value)
        )

    def _is_setup(self, small: cst.CSTNode) -> bool:
        says = isinstance(small, cst.Expr) and shows(small.value) and self.names.inert(small.value)
        return says or isinstance(small, cst.Pass) or self.names.prepares(small)

    def _expression(self, node: cst.BaseExpression) -> None:
        text = self.names.without_gpu(node)
        if text is not None and (
            _chooses_a_literal(node) or self.flow.ends_in_words(self.file, node)
        ):
            self.cuts.replace(node, outer_span(self.file, node), text)


def _chooses_a_literal(node: cst.BaseExpression) -> bool:
    """Whether it is `"cuda" if … else "cpu"`: hosts have no GPU, so whoever reads it gets the same."""
    return isinstance(node, cst.IfExp) and _is_literal(node.body) and _is_literal(node.orelse)


def _is_literal(node: cst.BaseExpression) -> bool:
    if isinstance(node, cst.UnaryOperation):
        return _is_literal(node.expression)
    return isinstance(node, (cst.SimpleString, cst.Integer)) or (
        isinstance(node, cst.Name) and node.value in ("True", "False", "None")
    )


def _is_hasattr(test: cst.BaseExpression) -> bool:
    return isinstance(test, cst.Call) and get_full_name_for_node(test.func) == "hasattr"


def _sets_flag(small: cst.CSTNode) -> bool:
    """Whether it is `HAS_TORCH = True`."""
    return (
        isinstance(small, cst.Assign)
        and _is_literal(small.value)
        and all(isinstance(target.target, cst.Name) for target in small.targets)
    )


def _catches_import_error(handler: cst.ExceptHandler) -> bool:
    if handler.name is not None:
        return False
    return handler.type is None or get_full_name_for_node(handler.type) in IMPORT_ERRORS


def _smalls(block: cst.BaseSuite) -> list[cst.CSTNode]:
    """The simple statements of a block; a compound one stands for itself."""
    found: list[cst.CSTNode] = []
    for line in block.body:
        found += line.body if isinstance(line, cst.SimpleStatementLine) else [line]
    return found
