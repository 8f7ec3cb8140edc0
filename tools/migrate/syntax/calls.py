"""Edits of a call's arguments: commas, layout and comments stay right."""

from __future__ import annotations

import re
from collections.abc import Sequence

import libcst as cst

from tools.migrate.syntax.edits import Span
from tools.migrate.syntax.file import PythonFile


def keyword(call: cst.Call, name: str) -> cst.Arg | None:
    """The argument given by that keyword."""
    for argument in call.args:
        if argument.keyword is not None and argument.keyword.value == name:
            return argument
    return None


def positional(call: cst.Call) -> list[cst.Arg]:
    return [a for a in call.args if a.keyword is None and not a.star]


def starred(call: cst.Call) -> bool:
    """Whether arguments come from *args or **kwargs, which cannot be seen here."""
    return any(argument.star for argument in call.args)


def inside(file: PythonFile, call: cst.Call) -> Span:
    """What stands between the call's parentheses."""
    position = file.span(call.func).end
    closing = len(call.func.rpar) if hasattr(call.func, "rpar") else 0
    skipped = re.compile(rb"(?:[\s\\]|#[^\r\n]*)*")
    for _ in range(closing):
        match = skipped.match(file.utf8, position)
        position = (match.end() if match else position) + 1
    match = skipped.match(file.utf8, position)
    start = (match.end() if match else position) + 1
    return Span(start, file.span(call).end - 1)


def set_arguments(file: PythonFile, call: cst.Call, text: str) -> None:
    """Put `text` in the place of all that stands between the parentheses.

    Where a comment stands among the arguments, they go one by one and the comment stays.
    """
    between = inside(file, call)
    if "#" not in file.slice(between) or not call.args:
        file.edits.replace(between, text)
        return
    drop_items(file, call.args, call.args[1:])
    first = file.span(call.args[0])
    file.edits.replace(first, text)


def set_value(file: PythonFile, argument: cst.Arg, text: str) -> None:
    file.edits.replace(outer_span(file, argument.value), text)


def add_argument(file: PythonFile, call: cst.Call, text: str) -> None:
    """Put `text` behind the last argument, on a line of its own where each has one."""
    between = inside(file, call)
    if not call.args:
        file.edits.insert(between.start, text)
        return
    last = call.args[-1]
    end = file.span(last).end
    comma = isinstance(last.comma, cst.Comma)
    after = file.span(last.comma).end if isinstance(last.comma, cst.Comma) else end
    rest = file.slice(Span(after, between.end))
    if "\n" not in rest and "\r" not in rest:
        file.edits.insert(after, f" {text}," if comma else f", {text}")
        return
    # After the comment that may follow the last argument on its line.
    line_end = file.line_end(after)
    indent = file.indent_at(file.span(last).start)
    if not comma:
        file.edits.insert(end, ",")
    file.edits.insert(line_end, file.newline_at(line_end) + indent + text + ("," if comma else ""))


def add_first(file: PythonFile, call: cst.Call, text: str) -> None:
    """Put `text` before the first argument, on a line of its own where that has one."""
    between = inside(file, call)
    if not call.args:
        file.edits.insert(between.start, text)
        return
    start = file.span(call.args[0]).start
    line = file.line_start(start)
    own_line = line > between.start and not file.slice(Span(line, start)).strip()
    gap = file.newline_at(line) + file.indent_at(start) if own_line else " "
    file.edits.insert(start, f"{text},{gap}")


def takes_another(call: cst.Call) -> bool:
    """Whether an argument can be added: not beside a generator without parentheses."""
    return not any(isinstance(a.value, cst.GeneratorExp) and not a.value.lpar for a in call.args)


def drop_items(
    file: PythonFile,
    items: Sequence[cst.Arg] | Sequence[cst.ImportAlias],
    dropped: Sequence[cst.Arg] | Sequence[cst.ImportAlias],
) -> None:
    """Delete some of several items with their commas; comments beside them stay."""
    count = len(items)
    tail = count
    while tail and items[tail - 1] in dropped:
        tail -= 1
    if 0 < tail < count and not isinstance(items[-1].comma, cst.Comma):
        # The last one kept must not keep a comma that it would not have had as the last.
        gap = Span(file.span(items[tail - 1]).end, file.span(items[-1]).end)
        if "#" not in file.slice(gap):
            file.edits.delete(gap)
            count = tail
    for item in items[:count]:
        if item in dropped:
            start, end = file.span(item)
            if isinstance(item.comma, cst.Comma):
                end = file.span(item.comma).end
            file.edits.delete(_with_space(file, Span(start, end)))


def _with_space(file: PythonFile, span: Span) -> Span:
    """The span with its whole line when nothing else stands there, else with the space behind."""
    line = file.line_start(span.start)
    line_end = file.line_end(span.end)
    before = file.slice(Span(line, span.start)).strip()
    after = file.slice(Span(span.end, line_end))
    if not before and not after.strip():
        newline = len(file.newline_at(line_end)) if line_end < len(file.utf8) else 0
        return Span(line, line_end + newline)
    spaces = len(after) - len(after.lstrip(" \t"))
    # A comment on a line of its own takes the item's place; behind other items it keeps its gap.
    keep = before and after.lstrip().startswith("#")
    return span if keep else Span(span.start, span.end + spaces)


def outer_span(file: PythonFile, node: cst.BaseExpression) -> Span:
    """The span of an expression with its own parentheses."""
    start, end = file.span(node)
    if node.lpar:
        start = file.span(node.lpar[0]).start
        end = file.span(node.rpar[-1]).end
    return Span(start, end)
