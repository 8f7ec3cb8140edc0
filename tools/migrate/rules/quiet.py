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
SWITCHES = ("set_verbose", "set_debug")  # of langchain.globals; aliases are left
FLAGS = frozenset({"langchain.debug", "langchain.verbose"})  # what the switches set


def apply(project: Project, settings: Settings) -> None:
    for file in open_files(project, ID, "verbose", "set_debug", "langchain.debug"):
        for call in list(file.nodes(cst.Call)):
            argument = keyword(call, "verbose") or _switch(call)
            if argument is not None and _is_true(argument.value) and _of_langchain(file, call):
                _quieten(file, call, argument)
        for assignment in list(file.nodes(cst.Assign)):
            if _is_true(assignment.value) and _sets_a_flag(file, assignment):
                _switch_off(file, assignment, assignment.value, file.source(assignment))
        file.save()


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


def _quieten(file: PythonFile, call: cst.Call, argument: cst.Arg) -> None:
    what = f"{file.source(call.func)}({file.source(argument)})"
    _switch_off(file, argument, argument.value, what)


def _switch_off(file: PythonFile, place: cst.CSTNode, value: cst.BaseExpression, what: str) -> None:
    file.edits.replace(outer_span(file, value), "False")
    file.note("changed", place, f"{what} no longer prints prompts and histories")
