"""Where a value goes inside the function that makes it: to names, attributes and dictionaries."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

Function = ast.FunctionDef | ast.AsyncFunctionDef
Target = ast.Name | ast.Attribute | ast.Subscript


def destinations(node: ast.AST, around: Sequence[ast.AST]) -> list[Target]:
    """What the value of `node`, or an object that is made of it, is assigned to.

    `around`: the nodes around it, innermost first. A value that is only asked something
    (`chain.run(question)`) does not go where the answer goes.
    """
    unit = next((n for n in around if isinstance(n, Function)), around[-1] if around else node)
    statements = [n for n in own_nodes(unit) if isinstance(n, ast.Assign | ast.AnnAssign)]
    found: list[Target] = []
    waiting = [s for s in statements if any(s is above for above in around)]
    seen = list(waiting)
    while waiting:
        targets = list(_targets(waiting.pop()))
        found += targets
        names = {target.id for target in targets if isinstance(target, ast.Name)}
        further = [s for s in statements if s not in seen and s.value and _uses(s.value, names)]
        waiting += further
        seen += further
    return found


def own_nodes(unit: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a function or module, without those of the functions inside."""
    for child in ast.iter_child_nodes(unit):
        if not isinstance(child, Function):
            yield child
            yield from own_nodes(child)


def _targets(statement: ast.Assign | ast.AnnAssign) -> Iterator[Target]:
    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    for target in targets:
        for part in target.elts if isinstance(target, ast.Tuple) else [target]:
            if isinstance(part, Target):
                yield part


def _uses(value: ast.AST, names: set[str]) -> bool:
    """Whether one of the names is handed on in `value`, not asked or called."""
    if isinstance(value, ast.Name):
        return value.id in names
    if isinstance(value, ast.Attribute):
        return False
    children = list(ast.iter_child_nodes(value))
    if isinstance(value, ast.Call):
        children.remove(value.func)
    return any(_uses(child, names) for child in children)
