"""What an expression is, of the kinds of objects whose methods LangChain 1.x took away."""

from __future__ import annotations

from functools import cached_property
from typing import Literal

import libcst as cst

from tools.migrate.embedding.origin import values_of
from tools.migrate.langchain.homes import home
from tools.migrate.syntax.file import PythonFile
from tools.migrate.syntax.names import origins_of

Kind = Literal["retriever", "chat model", "LLM"]
LLMS = {
    "AzureOpenAI",
    "BedrockLLM",
    "GoogleGenerativeAI",
    "HuggingFaceEndpoint",
    "HuggingFacePipeline",
    "OllamaLLM",
    "OpenAI",
    "Together",
    "VertexAI",
}
_TARGETS = (cst.AssignTarget, cst.AnnAssign, cst.Element, cst.AugAssign, cst.NamedExpr)
NO_PROVIDERS = ("langchain_core", "langchain_classic", "langchain_community", "langchain_text")


class Objects:
    """The kinds of the objects in one file.

    Followed through assignments, attributes of `self` and functions of the same file.
    """

    def __init__(self, file: PythonFile) -> None:
        self._file = file
        self._known: dict[object, Kind | None] = {}  # by node; of an attribute, by its name

    def kind(self, node: cst.BaseExpression) -> Kind | None:
        if not isinstance(node, (cst.Call, cst.Name, cst.Attribute)):
            return None
        key = node.attr.value if isinstance(node, cst.Attribute) else node
        if key not in self._known:
            self._known[key] = None  # what is made of itself
            self._known[key] = self._find(node)
        return self._known[key]

    def may_be_one(self, function: cst.BaseExpression) -> bool:
        """Whether what is called may be an object: something that the file assigns."""
        if isinstance(function, cst.Attribute):
            return function.attr.value in self._attributes
        return isinstance(function, cst.Name) and function.value in self._assigned

    def _find(self, node: cst.Call | cst.Name | cst.Attribute) -> Kind | None:
        if isinstance(node, cst.Call):
            return self._made_by(node)
        if isinstance(node, cst.Name):
            return self._same(values_of(self._file, node) or [])
        return self._same(self._attributes.get(node.attr.value) or [])

    def _same(self, values: list[cst.BaseExpression]) -> Kind | None:
        made = [v for v in values if not (isinstance(v, cst.Name) and v.value == "None")]
        kinds = {self.kind(value) for value in made}
        return kinds.pop() if len(kinds) == 1 else None

    def _made_by(self, call: cst.Call) -> Kind | None:
        if isinstance(call.func, cst.Attribute) and call.func.attr.value == "as_retriever":
            return "retriever"
        kinds = {_class_kind(origin) for origin in origins_of(self._file, call.func)}
        if len(kinds) == 1 and None not in kinds:
            return kinds.pop()
        name = call.func.value if isinstance(call.func, cst.Name) else ""
        return self._same(self._returned.get(name, []))

    @cached_property
    def _attributes(self) -> dict[str, list[cst.BaseExpression] | None]:
        """Attribute -> what the file assigns to it; None where a value cannot be seen."""
        found: dict[str, list[cst.BaseExpression] | None] = {}
        for target in self._file.nodes(cst.Attribute):
            parent = self._file.parent(target)
            if isinstance(parent, _TARGETS):
                name = target.attr.value
                at = self._file.parent(parent) if isinstance(parent, cst.AssignTarget) else parent
                value = at.value if isinstance(at, (cst.Assign, cst.AnnAssign)) else None
                seen = found.setdefault(name, [])
                found[name] = None if value is None or seen is None else [*seen, value]
        return found

    @cached_property
    def _assigned(self) -> frozenset[str]:
        names = (
            n for n in self._file.nodes(cst.Name) if isinstance(self._file.parent(n), _TARGETS)
        )
        return frozenset(name.value for name in names)

    @cached_property
    def _returned(self) -> dict[str, list[cst.BaseExpression]]:
        """Function of this file -> what it returns."""
        found: dict[str, list[cst.BaseExpression]] = {}
        for node in self._file.nodes(cst.Return):
            around = (a for a in self._file.ancestors(node) if isinstance(a, cst.FunctionDef))
            function = next(around, None)
            if function is not None and not function.asynchronous and node.value is not None:
                found.setdefault(function.name.value, []).append(node.value)
        return found


def _class_kind(origin: str) -> Kind | None:
    """Of a class of LangChain, or of a method that makes one (`BM25Retriever.from_texts`)."""
    parts = origin.split(".")
    name = next((part for part in parts if part[:1].isupper()), "")
    module = ".".join(parts[: parts.index(name)]) if name else ""
    if not module.startswith("langchain"):
        return None
    place = home(module, name)
    if not isinstance(place, str):
        return None
    if name.endswith("Retriever"):
        return "retriever"
    provider = not place.startswith(NO_PROVIDERS) and "_" in place
    if ".chat_models" in place or (provider and name.startswith(("Chat", "AzureChat"))):
        return "chat model"
    return "LLM" if ".llms" in place or (provider and name in LLMS) else None
