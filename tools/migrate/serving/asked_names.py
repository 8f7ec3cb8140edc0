"""Names of the environment that a host has to be given, beside those of `secret_names`."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath

from tools.migrate.parsed import imported_names, nodes, parse, qualified
from tools.migrate.project import Project

# Addresses hold a password as often as not, and nothing works without them.
NAME = re.compile(r"([A-Z][A-Z0-9_]*_)?(KEY|TOKEN|SECRET|PASSWORD|URI|URL|DSN)")
READERS = frozenset({"os.getenv", "os.environ.get", "decouple.config"})
DOTENV = "dotenv.dotenv_values"
# Clients that look for a key themselves: the last part of the name -> what they read.
CLIENTS: Mapping[str, str] = {
    **dict.fromkeys(("OpenAI", "AsyncOpenAI", "ChatOpenAI", "OpenAIEmbeddings"), "OPENAI_API_KEY"),
    **dict.fromkeys(("Anthropic", "AsyncAnthropic", "ChatAnthropic"), "ANTHROPIC_API_KEY"),
    **dict.fromkeys(("Groq", "AsyncGroq", "ChatGroq"), "GROQ_API_KEY"),
    **dict.fromkeys(("HuggingFaceHub", "HuggingFaceEndpoint"), "HUGGINGFACEHUB_API_TOKEN"),
    **dict.fromkeys(("ChatMistralAI", "MistralAIEmbeddings"), "MISTRAL_API_KEY"),
    **dict.fromkeys(("Cohere", "ChatCohere", "CohereEmbeddings"), "COHERE_API_KEY"),
    **dict.fromkeys(("Pinecone", "PineconeVectorStore"), "PINECONE_API_KEY"),
    "ChatGoogleGenerativeAI": "GOOGLE_API_KEY",
    "GoogleGenerativeAIEmbeddings": "GOOGLE_API_KEY",
    "TavilySearchResults": "TAVILY_API_KEY",
}
PACKAGES = re.compile(r"(langchain\w*|openai|anthropic|groq|pinecone|cohere|llama_index)\b")
GIVEN = re.compile(r".*(key|token)")  # the argument that makes a client look nowhere


def asked_names(project: Project, files: Iterable[PurePosixPath]) -> list[str]:
    """Names that these files read without a default, or have a client read, sorted."""
    trees = (parse(project.read(file)) for file in files if project.exists(file))
    return sorted({name for tree in trees if tree for name in _names(tree)})


def _names(tree: ast.Module) -> Iterator[str]:
    imported = imported_names(tree)
    for node in nodes(tree):
        if isinstance(node, ast.Call):
            called = qualified(node.func, imported) or ""
            if called in READERS or _of_dotenv(node.func, imported):
                yield from _without_default(node)
            elif name := _of_client(called, node):
                yield name


def _without_default(call: ast.Call) -> Iterator[str]:
    if len(call.args) == 1 and not call.keywords:
        name = call.args[0]
        if isinstance(name, ast.Constant) and NAME.fullmatch(str(name.value)):
            yield str(name.value)


def _of_dotenv(function: ast.expr, imported: Mapping[str, str]) -> bool:
    """`dotenv_values(…).get`."""
    if not (isinstance(function, ast.Attribute) and function.attr == "get"):
        return False
    inner = function.value
    return isinstance(inner, ast.Call) and qualified(inner.func, imported) == DOTENV


def _of_client(called: str, call: ast.Call) -> str | None:
    if not PACKAGES.match(called) or (call.args and called.startswith("pinecone")):
        return None
    if any(keyword.arg is None or GIVEN.fullmatch(keyword.arg) for keyword in call.keywords):
        return None
    return CLIENTS.get(called.rpartition(".")[2])
