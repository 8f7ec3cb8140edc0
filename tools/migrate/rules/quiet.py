"""Switch off the verbose flag of LangChain's chains, agents, memories and models.

It prints every prompt, history included, into the host's log. `verbose=` of other libraries means
other things and stays: LlamaCpp's, argparse's, Keras'.

     chain = ConversationalRetrievalChain.from_llm(
         llm=llm,
    -    verbose=True
    +    verbose=False
     )
"""

from __future__ import annotations

import libcst as cst

from tools.migrate.project import Project
from tools.migrate.settings import Settings
from tools.migrate.syntax.calls import keyword, outer_span
from tools.migrate.syntax.file import PythonFile, open_files
from tools.migrate.syntax.find import all_calls
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
SWITCHES = ("set_verbose", "set_debug")


def apply(project: Project, settings: Settings) -> None:
    for file in open_files(project, ID, "verbose", *SWITCHES):
        for call in all_calls(file.module):
            if _of_langchain(file, call.func):
                _quieten(file, call)
        file.save()


def _of_langchain(file: PythonFile, function: cst.BaseExpression) -> bool:
    """Whether everything that `function` may stand for is LangChain's."""
    origins = origins_of(file, function)
    return bool(origins) and all(
        origin.partition(".")[0].startswith("langchain")
        and not set(origin.split(".")) & set(OTHERS)
        for origin in origins
    )


def _quieten(file: PythonFile, call: cst.Call) -> None:
    switch = any(o.rpartition(".")[2] in SWITCHES for o in origins_of(file, call.func))
    argument = call.args[0] if switch and call.args else keyword(call, "verbose")
    if argument is None or not _is_true(argument.value):
        return
    file.edits.replace(outer_span(file, argument.value), "False")
    what = f"{file.source(call.func)}({'' if switch else 'verbose='}True)"
    file.note("changed", argument, f"{what} no longer prints prompts and histories")


def _is_true(node: cst.BaseExpression) -> bool:
    return isinstance(node, cst.Name) and node.value == "True"
