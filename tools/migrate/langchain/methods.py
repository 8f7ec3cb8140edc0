"""Calls of methods that langchain-core 1.x has no more: https://docs.langchain.com/oss/python/migrate

A chain still has `run`, `__call__` and `apply` in langchain-classic, so calls of chains stay.
"""

from __future__ import annotations

import libcst as cst

from tools.migrate.langchain.objects import Kind, Objects
from tools.migrate.project import Project
from tools.migrate.syntax.calls import keyword, positional, starred
from tools.migrate.syntax.file import PythonFile

BY_HAND = "AIMessage(…)"  # what is read of the answer must be made of it
# Kind -> method that is gone -> what takes its place, and what to read of the answer.
GONE: dict[Kind, dict[str, tuple[str, str]]] = {
    "retriever": {
        "get_relevant_documents": ("invoke", ""),
        "aget_relevant_documents": ("ainvoke", ""),
    },
    "chat model": {
        "": ("invoke", ""),  # a call of the object itself
        "predict": ("invoke", ".content"),
        "apredict": ("ainvoke", ".content"),
        "call_as_llm": ("invoke", ".content"),
        "predict_messages": ("invoke", ""),
        "apredict_messages": ("ainvoke", ""),
    },
    "LLM": {
        "": ("invoke", ""),
        "predict": ("invoke", ""),
        "apredict": ("ainvoke", ""),
        "predict_messages": ("invoke", BY_HAND),
        "apredict_messages": ("ainvoke", BY_HAND),
    },
}
INPUTS = ("query", "text", "messages", "prompt")
RETRIEVER = GONE["retriever"]
WORDS = tuple(RETRIEVER)


def rewrite_methods(file: PythonFile, *, only_langchains: bool) -> None:
    """`only_langchains`: no class of the repository has methods of a retriever's names."""
    methods = {name for gone in GONE.values() for name in gone}
    objects = Objects(file)
    for call in list(file.nodes(cst.Call)):
        method = call.func.attr.value if isinstance(call.func, cst.Attribute) else ""
        if method in methods and isinstance(call.func, cst.Attribute):
            kind = objects.kind(call.func.value)
            if kind is not None or (method in RETRIEVER and only_langchains):
                _method_call(file, call, call.func.attr, kind)
        elif objects.may_be_one(call.func):
            kind = objects.kind(call.func)
            if kind is not None and "" in GONE[kind]:
                _object_call(file, call, kind)


def defines_retriever_methods(project: Project) -> bool:
    return any(
        b"def " + word.encode() in project.read(path) for path in project.python() for word in WORDS
    )


def _method_call(file: PythonFile, call: cst.Call, method: cst.Name, kind: Kind | None) -> None:
    name = method.value
    new, read = GONE[kind or "retriever"].get(name, ("", ""))
    if new and (kind is None or not _simple(call) or not _can_read(file, call, new, read)):
        _note_left(file, call, name, new)
    elif new:
        file.edits.replace(file.span(method), new)
        _finish(file, call, f"{name} of a {kind}", new, read)


def _object_call(file: PythonFile, call: cst.Call, kind: Kind) -> None:
    """`llm("…")`, which was `llm.__call__`."""
    new, read = GONE[kind][""]
    if _simple(call):
        file.edits.insert(file.span(call.func).end, f".{new}")
        _finish(file, call, f"calling a {kind}", new, read)
    else:
        _note_left(file, call, f"calling a {kind}", new)


def _simple(call: cst.Call) -> bool:
    """Whether the call has one input, and beside it at most `stop`, which means the same."""
    if starred(call):
        return False
    named = [a for a in call.args if a.keyword is not None and a.keyword.value != "stop"]
    if len(named) + len(positional(call)) != 1:
        return False
    return all(a.keyword is not None and a.keyword.value in INPUTS for a in named)


def _finish(file: PythonFile, call: cst.Call, what: str, new: str, read: str) -> None:
    for name in INPUTS:
        argument = keyword(call, name)
        if argument is not None and argument.keyword is not None:
            file.edits.replace(file.span(argument.keyword), "input")
    awaited = file.parent(call)
    if read and isinstance(awaited, cst.Await):
        file.edits.insert(file.span(awaited).start, "(")
        file.edits.insert(file.span(awaited).end, f"){read}")
    elif read:
        file.edits.insert(file.span(call).end, read)
    file.note("changed", call, f"LangChain 1.x has no {what}: now {new}")


def _can_read(file: PythonFile, call: cst.Call, new: str, read: str) -> bool:
    """Whether the answer is there to be read: not so of a coroutine that is handed on."""
    if read == BY_HAND:
        return False
    return not read or new != "ainvoke" or isinstance(file.parent(call), cst.Await)


def _note_left(file: PythonFile, call: cst.Call, what: str, new: str) -> None:
    message = f"LangChain 1.x has no {what}: write {new}(…) where the object is LangChain's"
    file.note("skipped", call, message)
