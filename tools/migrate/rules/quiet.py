"""Switch off the verbose flag of LangChain's chains, agents, memories and models.

It prints every prompt, history included, into the host's log; so do `langchain.debug = True` and
set_debug. `verbose=` of other libraries means other things and stays: LlamaCpp's, argparse's, Keras'.

     chain = ConversationalRetrievalChain.from_llm(
         llm=llm,
    -    verbose=True
    +    verbose=False
     )
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst
from libcst.helpers import get_full_name_for_node

from tools.migrate.project import Project
from tools.migrate.settings import Settings
from tools.migrate.syntax.calls import keyword, outer_span
from tools.migrate.syntax.file import PythonFile, open_files
from tools.migrate.syntax.names import origins_of

ID = "quiet"
# `verbose` of these is their library's own, and changes more than what LangChain prints.
OTHERS = (
    "LlamaCpp",
    "ChatLlamaCpp",
    "LlamaCppEmbeddings",
    "GPT4All",
    "GPT4AllEmbeddings",
    "Ollama",
    "ChatOllama",
    "OllamaEmbeddings",
    "document_loaders",
    "embeddings",
    "vectorstores",
    "utilities",
)
# Arguments whose contents LangChain hands on to the chains and agents that it makes.
HANDED_ON = ("chain_type_kwargs", "combine_docs_chain_kwargs", "agent_executor_kwargs")
SWITCHES = ("set_verbose", "set_debug")  # of langchain.globals; aliases are left
FLAGS = frozenset({"langchain.debug", "langchain.verbose"})  # what the switches set

Flag = cst.Arg | cst.DictElement


def apply(project: Project, settings: Settings) -> None:
    for file in open_files(project, ID, "verbose", "set_debug", "langchain.debug"):
        for call in list(file.nodes(cst.Call)):
            flags = [flag for flag in _flags(call) if _is_true(flag.value)]
            if flags and _of_langchain(file, call):
                for flag in flags:
                    _quieten(file, call, flag)
        for assignment in list(file.nodes(cst.Assign)):
            if _is_true(assignment.value) and _sets_a_flag(file, assignment):
                _switch_off(file, assignment, assignment.value, file.source(assignment))
        file.save()


def _flags(call: cst.Call) -> Iterator[Flag]:
    """What may tell a call of LangChain's to print: `verbose=`, also one that is handed on."""
    argument = keyword(call, "verbose") or _switch(call)
    if argument is not None:
        yield argument
    for name in HANDED_ON:
        handed = keyword(call, name)
        if handed is not None:
            yield from _verbose_in(handed.value)


def _verbose_in(node: cst.BaseExpression) -> Iterator[Flag]:
    """`{"verbose": True}` and `dict(verbose=True)`."""
    if isinstance(node, cst.Dict):
        for item in node.elements:
            key = item.key if isinstance(item, cst.DictElement) else None
            if isinstance(key, cst.SimpleString) and key.evaluated_value == "verbose":
                yield cst.ensure_type(item, cst.DictElement)
    elif isinstance(node, cst.Call) and get_full_name_for_node(node.func) == "dict":
        argument = keyword(node, "verbose")
        if argument is not None:
            yield argument


def _switch(call: cst.Call) -> cst.Arg | None:
    """The argument of a call that may be set_verbose or set_debug."""
    name = get_full_name_for_node(call.func) or ""
    return call.args[0] if name.rpartition(".")[2] in SWITCHES and call.args else None


def _is_true(node: cst.BaseExpression) -> bool:
    return isinstance(node, cst.Name) and node.value == "True"


def _of_langchain(file: PythonFile, call: cst.Call) -> bool:
    """Whether everything that the function may stand for is LangChain's."""
    origins = origins_of(file, call.func)
    return bool(origins) and all(
        origin.startswith("langchain") and not set(origin.split(".")) & set(OTHERS)
        for origin in origins
    )


def _sets_a_flag(file: PythonFile, assignment: cst.Assign) -> bool:
    """Whether it is `langchain.debug = True`."""
    targets = [target.target for target in assignment.targets]
    return all(origins_of(file, target) and origins_of(file, target) <= FLAGS for target in targets)


def _quieten(file: PythonFile, call: cst.Call, flag: Flag) -> None:
    what = f"{file.source(call.func)}({file.source(flag)})"
    _switch_off(file, flag, flag.value, what)


def _switch_off(file: PythonFile, place: cst.CSTNode, value: cst.BaseExpression, what: str) -> None:
    file.edits.replace(outer_span(file, value), "False")
    file.note("changed", place, f"{what} no longer prints prompts and histories")
