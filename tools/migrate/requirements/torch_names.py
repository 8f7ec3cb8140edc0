"""What of torch a file names, and what such an expression means without a GPU."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import libcst as cst
from libcst.helpers import get_full_name_for_node

from tools.migrate.requirements.torch_values import shows
from tools.migrate.syntax.edits import Span
from tools.migrate.syntax.file import PythonFile
from tools.migrate.syntax.imports import Imported
from tools.migrate.syntax.names import leftmost

NO_GPU = frozenset(
    f"torch.{name}.is_available" for name in ("cuda", "backends.mps", "mps", "xpu", "backends.cuda")
)
SETTINGS = frozenset(
    f"torch.{name}"
    for name in (
        "set_num_threads",
        "set_num_interop_threads",
        "set_grad_enabled",
        "set_default_device",
        "set_default_dtype",
        "set_float32_matmul_precision",
        "use_deterministic_algorithms",
        "manual_seed",
        "cuda.manual_seed",
        "cuda.manual_seed_all",
        "cuda.empty_cache",
        "cuda.ipc_collect",
        "cuda.synchronize",
        "mps.empty_cache",
        "mps.manual_seed",
    )
)
SET_VALUES = ("torch.classes.__path__", "torch.backends.")
CONTEXTS = frozenset(["torch.no_grad", "torch.inference_mode"])
INERT_CALLS = frozenset(
    ["os.path.join", "os.cpu_count", "os.getenv", "int", "max", "min", "hasattr"]
)


class TorchNames:
    """The names in a file that come from torch (or what needs it), by their imports."""

    def __init__(self, file: PythonFile, table: Sequence[Imported]) -> None:
        self.file, self.table = file, table
        self._imported = {use: name for name in table for use in name.uses}

    @cached_property
    def uses(self) -> dict[cst.CSTNode, Span]:
        return dict(sorted(((u, self.file.span(u)) for u in self._imported), key=lambda p: p[1]))

    def inside(self, node: cst.CSTNode) -> bool:
        """Whether a name from torch is used in `node`."""
        place = self.file.span(node)
        return any(place.start <= s.start and s.end <= place.end for s in self.uses.values())

    def qualified(self, node: cst.CSTNode) -> str:
        """ "torch.cuda.is_available" of a chain of names that begins with torch, or ""."""
        name = self._imported.get(leftmost(node))
        written = get_full_name_for_node(node)
        if name is None or written is None:
            return ""
        if "." in name.name:  # `import torch.nn` is used by its full name
            return written
        return (name.origin or "") + written.removeprefix(name.name)

    def called(self, node: cst.CSTNode) -> str:
        return self.qualified(node.func) if isinstance(node, cst.Call) else ""

    def is_import(self, small: cst.CSTNode) -> bool:
        """Whether a statement imports nothing but torch."""
        if not isinstance(small, (cst.Import, cst.ImportFrom)):
            return False
        own = [name for name in self.table if name.statement is small]
        return not isinstance(small.names, cst.ImportStar) and len(small.names) == len(own)

    def prepares(self, small: cst.CSTNode) -> bool:
        """Whether a statement only sets up torch."""
        if isinstance(small, cst.Expr):
            return self.called(small.value) in SETTINGS and self.inert(small.value)
        if isinstance(small, cst.Assign) and self.inert(small.value):
            return all(self.qualified(t.target).startswith(SET_VALUES) for t in small.targets)
        return False

    def inert(self, node: cst.CSTNode) -> bool:
        """Whether an expression calls nothing that could be missed."""
        if isinstance(node, cst.Call):
            known = get_full_name_for_node(node.func) in INERT_CALLS or shows(node)
            if not (known or self.called(node)):
                return False
            return all(self.inert(argument.value) for argument in node.args)
        if isinstance(node, (cst.Await, cst.Yield, cst.NamedExpr, cst.Lambda)):
            return False
        return all(map(self.inert, node.children))

    def is_false(self, test: cst.BaseExpression) -> bool:
        """Whether a test fails where there is no GPU."""
        if isinstance(test, cst.BooleanOperation):
            sides = (self.is_false(test.left), self.is_false(test.right))
            return (
                any(sides)
                and self.inert(test)
                and (isinstance(test.operator, cst.And) or all(sides))
            )
        return self.called(test) in NO_GPU

    def without_gpu(self, node: cst.BaseExpression) -> str | None:
        """What is left of an expression where there is no GPU; None if that still needs torch."""
        if self.is_false(node):
            return "False"
        if isinstance(node, cst.IfExp) and self.is_false(node.test):
            return self.without_gpu(node.orelse)
        if self.called(node) == "torch.device" and isinstance(node, cst.Call):
            return self.without_gpu(node.args[0].value) if len(node.args) == 1 else None
        return None if self.inside(node) else self.file.source(node)
