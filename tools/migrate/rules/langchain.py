"""Import LangChain's names from where version 1 keeps them.

Applies where the manifest lets `langchain` resolve to 1.x: there `langchain.chains`,
`langchain.memory`, `langchain.prompts` and most others are gone, and the app ends at its first
import. Names go to langchain_core, langchain_community, langchain_text_splitters or
langchain_classic, and to the provider's package where the class moved there; the rule `requirements`
adds the lines. A `try` whose other import works is left. Retrievers and models lose
`get_relevant_documents`, `predict` and being called: where the object is known, `invoke` takes
their place. Names that no package has any more, star imports and calls that may be meant are
reported. A pin or a limit below 1 leaves everything as it is.

    -from langchain.chains import ConversationChain
    -from langchain.schema import Document, HumanMessage
    +from langchain_classic.chains import ConversationChain
    +from langchain_core.documents import Document
    +from langchain_core.messages import HumanMessage

     retriever = store.as_retriever()
    -documents = retriever.get_relevant_documents(question)
    +documents = retriever.invoke(question)
"""

from __future__ import annotations

from tools.migrate.langchain.imports import rewrite_from_imports
from tools.migrate.langchain.methods import WORDS, defines_retriever_methods, rewrite_methods
from tools.migrate.langchain.module_imports import rewrite_module_imports
from tools.migrate.project import Project
from tools.migrate.requirements.langchain_pins import Pins
from tools.migrate.result import Note
from tools.migrate.settings import Settings
from tools.migrate.syntax.file import open_files

ID = "langchain"


def apply(project: Project, settings: Settings) -> None:
    pins = Pins(project)
    only_langchains = not defines_retriever_methods(project)
    for file in open_files(project, ID, "langchain", *WORDS):
        if why := project.undone.get((ID, file.path)):
            project.note(Note(ID, "refused", str(file.path), None, f"left as it is: {why}"))
        elif pins.allow_1x(file.path):
            rewrite_from_imports(file)
            rewrite_module_imports(file)
            rewrite_methods(file, only_langchains=only_langchains)
            file.save()
