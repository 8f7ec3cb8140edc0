"""What a converted repository gets beside its code: the runtime package and the model folder."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path, PurePosixPath

from tools.migrate.project import RUNTIME, Project
from vectorstore.commandline import CommandError, Exit

HERE = Path(__file__).parent
OWN_COPIES = HERE / "runtime"
EMBEDDINGS = HERE.parents[1] / "vectorstore" / "onnx_embeddings.py"


def require_runtime(project: Project, root: PurePosixPath, module: str) -> None:
    """Stage `fit512_runtime/<module>.py` below `root`, with the modules that it imports.

    Raises CommandError when the repository has a package of that name that is not ours.
    """
    folder = root / RUNTIME
    marker = folder / "__init__.py"
    foreign = project.exists(marker) and b"fit512" not in project.read(marker)
    if foreign or project.exists(folder.with_suffix(".py")):
        raise CommandError(
            f"{project.root / folder} is in the way: the conversion adds a package of that name,"
            " and this one is not from it. Rename it, then run this again.",
            Exit.NO,
        )
    for name in ("__init__", *sorted(_closure(module))):
        path = folder / f"{name}.py"
        # A copy that is there belongs to the repository: its owner may have edited it.
        if not project.exists(path):
            project.write(path, source_of(name).read_bytes())


def source_of(module: str) -> Path:
    """The file of ours that a runtime module is a copy of."""
    return EMBEDDINGS if module == "onnx_embeddings" else OWN_COPIES / f"{module}.py"


@cache
def _closure(module: str) -> frozenset[str]:
    """The module with all runtime modules that it imports, directly or not."""
    found: set[str] = set()
    waiting = [module]
    while waiting:
        current = waiting.pop()
        if current not in found:
            found.add(current)
            tree = ast.parse(source_of(current).read_bytes())
            waiting += [
                node.module
                for node in ast.walk(tree)
                if isinstance(node, ast.ImportFrom) and node.level == 1 and node.module
            ]
    return frozenset(found)
