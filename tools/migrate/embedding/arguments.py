"""Reads what a legacy embedding class is called with."""

from __future__ import annotations

from dataclasses import dataclass

import libcst as cst

from tools.migrate.embedding.classes import Legacy
from tools.migrate.syntax.calls import positional, starred
from tools.migrate.syntax.file import PythonFile
from tools.migrate.syntax.values import Known, Unknown, evaluate

BGE_QUERY = "Represent this question for searching relevant passages: "
BGE_QUERY_ZH = "为这个句子生成表示以用于检索相关文章："

# What changes where or how fast the vectors are made, but not the vectors.
NO_MATTER = frozenset(
    {
        "batch_size",
        "cache_folder",
        "convert_to_numpy",
        "device",
        "local_files_only",
        "low_cpu_mem_usage",
        "multi_process",
        "show_progress",
        "show_progress_bar",
        "token",
        "use_auth_token",
    }
)
OFF: tuple[object, ...] = (None, False, "", "float32", {}, [])


class NotUnderstood(Exception):
    """An argument whose meaning cannot be kept. The message says which."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the call asks for."""

    model: str
    named_by: cst.Arg | None  # the argument that names the model; None: the class's default
    default_of: str | None = None  # environment variable that may override the model's name
    normalize: bool = False
    query_prefix: str = ""
    document_prefix: str = ""


def read_call(file: PythonFile, call: cst.Call, legacy: Legacy) -> Wanted:
    """Understand every argument, or raise NotUnderstood."""
    if starred(call):
        raise NotUnderstood("its arguments come from * or **, which cannot be followed")
    named, rest = _split(call, legacy)
    model, default_of = _model(file, named, legacy)
    settings = {name: evaluate(file, argument.value) for name, argument in rest.items()}
    normalize = False
    prefixes = {"query": "", "document": ""}
    if legacy.bge:
        prefixes["query"] = BGE_QUERY_ZH if "-zh" in model else BGE_QUERY
    for name, value in settings.items():
        if name in ("query_instruction", "embed_instruction") and legacy.bge:
            kind = "query" if name == "query_instruction" else "document"
            prefixes[kind] = _text(name, value)
        elif name == "model_kwargs":
            _check_nothing_else(name, _dictionary(name, value))
        elif name in ("encode_kwargs", "query_encode_kwargs"):
            normalize = _encode(name, _dictionary(name, value)) or normalize
        else:
            _check_nothing_else(None, {name: value.value if isinstance(value, Known) else value})
    return Wanted(model, named, default_of, normalize, prefixes["query"], prefixes["document"])


def _split(call: cst.Call, legacy: Legacy) -> tuple[cst.Arg | None, dict[str, cst.Arg]]:
    """The argument that names the model, and all others by keyword."""
    by_position = positional(call)
    if len(by_position) > 1:
        raise NotUnderstood("it has more than one argument without a keyword")
    named = by_position[0] if by_position else None
    rest = {}
    for argument in call.args:
        if argument.keyword is None:
            continue
        if argument.keyword.value in legacy.name_keywords:
            named = argument
        else:
            rest[argument.keyword.value] = argument
    return named, rest


def _model(file: PythonFile, named: cst.Arg | None, legacy: Legacy) -> tuple[str, str | None]:
    if named is None:
        if legacy.default_model is None:
            raise NotUnderstood("it names no model")
        return legacy.default_model, None
    value = evaluate(file, named.value)
    if isinstance(value, Unknown):
        raise NotUnderstood(f"the model's name cannot be told: {value.reason}")
    if not isinstance(value.value, str):
        raise NotUnderstood("the model is not given by name")
    return value.value, value.default_of


def _dictionary(name: str, value: Known | Unknown) -> dict[object, object]:
    if isinstance(value, Known) and isinstance(value.value, dict):
        return value.value
    if isinstance(value, Known) and value.value is None:
        return {}
    raise NotUnderstood(
        f"{name} cannot be told: {value.reason if isinstance(value, Unknown) else ''}"
    )


def _text(name: str, value: Known | Unknown) -> str:
    if isinstance(value, Known) and isinstance(value.value, str):
        return value.value
    raise NotUnderstood(f"{name} cannot be told")


def _encode(name: str, settings: dict[object, object]) -> bool:
    """Whether the vectors are to be normalized; every other setting must not matter."""
    rest = dict(settings)
    normalize = rest.pop("normalize_embeddings", False)
    if not isinstance(normalize, bool):
        raise NotUnderstood(f"normalize_embeddings in {name} cannot be told")
    _check_nothing_else(name, rest)
    return normalize


def _check_nothing_else(place: str | None, settings: dict[object, object]) -> None:
    """Refuse a setting that may change the vectors, unless it is off."""
    for name, value in settings.items():
        if name in NO_MATTER or value in OFF:
            continue
        if name == "trust_remote_code":
            continue  # says what may be run, not what is computed
        where = f" in {place}" if place else ""
        raise NotUnderstood(f"{name}={value!r}{where} may change the vectors")
