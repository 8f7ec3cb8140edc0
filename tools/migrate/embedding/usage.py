"""What the code does with an embedder after making it."""

from __future__ import annotations

import libcst as cst

from tools.migrate.embedding.classes import Legacy
from tools.migrate.syntax.calls import keyword, positional
from tools.migrate.syntax.file import PythonFile
from tools.migrate.syntax.values import Known, evaluate

ENCODE_KEYWORDS = frozenset(
    {
        "batch_size",
        "convert_to_numpy",
        "convert_to_tensor",
        "device",
        "normalize_embeddings",
        "prompt",
        "sentences",
        "show_progress_bar",
    }
)


def unsupported(file: PythonFile, call: cst.Call, legacy: Legacy) -> tuple[int, str] | None:
    """(line, what) of the first use of the made object that ours does not have; None: all fine.

    Follows the name that the call is assigned to through its file, and `.encode` calls.
    """
    names = {file.source(target) for target in _targets(file, call)}
    for attribute in file.nodes(cst.Attribute):
        owner = attribute.value
        made_here = owner is call
        if (
            made_here or file.source(owner) in names
        ) and attribute.attr.value not in legacy.members:
            return file.original_line(attribute), f".{attribute.attr.value}"
        parent = file.parent(attribute)
        if legacy.style == "sentence-transformers" and isinstance(parent, cst.Call):
            strange = attribute.attr.value == "encode" and _strange_encode(file, parent)
            if strange:
                return file.original_line(attribute), strange
    return None


def _targets(file: PythonFile, call: cst.Call) -> list[cst.BaseExpression]:
    """What the call's value is assigned to."""
    parent = file.parent(call)
    if isinstance(parent, cst.Assign):
        return [target.target for target in parent.targets]
    if isinstance(parent, (cst.AnnAssign, cst.NamedExpr)):
        return [parent.target]
    return []


def _strange_encode(file: PythonFile, call: cst.Call) -> str | None:
    """What in a call of `.encode` ours would not understand. `str.encode` has one text argument."""
    for argument in call.args:
        name = argument.keyword.value if argument.keyword else None
        if argument.star:
            return f".encode(…, {argument.star}…)"
        if name in ("encoding", "errors"):
            return None
        if name is not None and name not in ENCODE_KEYWORDS:
            return f".encode(…, {name}=…)"
    tensor = keyword(call, "convert_to_tensor")
    if tensor is not None:
        value = evaluate(file, tensor.value)
        if not (isinstance(value, Known) and value.value in (False, None)):
            return ".encode(…, convert_to_tensor=…)"
    if len(positional(call)) > 1:
        return ".encode with two arguments by position"
    return None
