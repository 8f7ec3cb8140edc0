"""Reads what a legacy embedding class is called with."""

from __future__ import annotations

from dataclasses import dataclass, field

import libcst as cst

from tools.migrate.constants.told import told
from tools.migrate.embedding.classes import Legacy
from tools.migrate.syntax.calls import positional
from tools.migrate.syntax.file import PythonFile
from tools.migrate.syntax.values import Known, Unknown

BGE_QUERY = "Represent this question for searching relevant passages: "
BGE_QUERY_ZH = "为这个句子生成表示以用于检索相关文章："

# What changes where or how fast the vectors are made, but not the vectors.
NO_MATTER = frozenset(
    {
        "batch_size",
        "cache_folder",
        "convert_to_numpy",
        "convert_to_tensor",  # LangChain makes lists of them
        "device",
        "local_files_only",
        "low_cpu_mem_usage",
        "multi_process",
        "show_progress",
        "show_progress_bar",
        "token",
        "trust_remote_code",  # says what may be run, not what is computed
        "use_auth_token",
    }
)
OFF: tuple[object, ...] = (None, False, "", "float32", {}, [])
INSTRUCTIONS = ("query_instruction", "embed_instruction")


class NotUnderstood(Exception):
    """An argument whose meaning cannot be kept. The message says which."""


@dataclass(frozen=True, slots=True)
class Encoding:
    """How texts are encoded: what encode is given, and what the class itself puts before them."""

    normalize: bool = False
    prompt: str | None = None
    prompt_name: str | None = None
    instruction: str = ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the call asks for."""

    model: str
    named_by: cst.Arg | None  # the argument that names the model; None: the class's default
    default_of: str | None = None  # environment variable that may override the model's name
    revision: str | None = None
    query: Encoding = field(default_factory=Encoding)
    documents: Encoding = field(default_factory=Encoding)


def read_call(file: PythonFile, call: cst.Call, legacy: Legacy) -> Wanted:
    """Understand every argument, or raise NotUnderstood."""
    named, given = _split(file, call, legacy)
    model, default_of = _model(given, legacy)
    about = _dictionary("model_kwargs", given.pop("model_kwargs", Known(None)))
    revision = about.pop("revision", None) or _value(given.pop("revision", Known(None)))
    if revision is not None and not isinstance(revision, str):
        raise NotUnderstood("the model's revision cannot be told")
    _check_nothing_else("model_kwargs", about)
    query, documents = _encodings(given, legacy, model)
    _check_nothing_else(None, {name: _value(value) for name, value in given.items()})
    return Wanted(model, named, default_of, revision, query, documents)


def _split(
    file: PythonFile, call: cst.Call, legacy: Legacy
) -> tuple[cst.Arg | None, dict[str, Known | Unknown]]:
    """The argument that names the model, and the values of all by keyword."""
    if len(positional(call)) > 1:
        raise NotUnderstood("it has more than one argument without a keyword")
    named: cst.Arg | None = None
    given: dict[str, Known | Unknown] = {}
    for argument in call.args:
        if argument.star:
            given |= _unpacked(file, argument)
            continue
        name = argument.keyword.value if argument.keyword else legacy.name_keywords[0]
        given[name] = told(file, argument.value)
        if name in legacy.name_keywords:
            named = argument
    return named, given


def _unpacked(file: PythonFile, argument: cst.Arg) -> dict[str, Known | Unknown]:
    """The arguments that `**dictionary` stands for."""
    value = told(file, argument.value) if argument.star == "**" else None
    if not isinstance(value, Known) or not isinstance(value.value, dict):
        raise NotUnderstood("its arguments come from * or **, which cannot be followed")
    return {
        str(key): item if isinstance(item, Unknown) else Known(item, value.default_of)
        for key, item in value.value.items()
    }


def _model(given: dict[str, Known | Unknown], legacy: Legacy) -> tuple[str, str | None]:
    """The model's name, and the environment variable that may override it; taken out of `given`."""
    values = [given.pop(name) for name in legacy.name_keywords if name in given]
    if not values:
        if legacy.default_model is None:
            raise NotUnderstood("it names no model")
        return legacy.default_model, None
    value = values[0]
    if isinstance(value, Unknown):
        raise NotUnderstood(f"the model's name cannot be told: {value.reason}")
    if not isinstance(value.value, str):
        raise NotUnderstood("the model is not given by name")
    return value.value, value.default_of


def _encodings(
    given: dict[str, Known | Unknown], legacy: Legacy, model: str
) -> tuple[Encoding, Encoding]:
    """How questions and documents are encoded; takes what it reads out of `given`."""
    instructions = [BGE_QUERY if legacy.bge else "", ""]
    for index, name in enumerate(INSTRUCTIONS):
        if legacy.bge and name in given:
            instructions[index] = _text(name, given.pop(name))
    if legacy.bge and "-zh" in model:  # the class sets it, whatever was given
        instructions[0] = BGE_QUERY_ZH
    usual = _dictionary("encode_kwargs", given.pop("encode_kwargs", Known(None)))
    own = _dictionary("query_encode_kwargs", given.pop("query_encode_kwargs", Known(None)))
    return (
        _encoding("query_encode_kwargs" if own else "encode_kwargs", own or usual, instructions[0]),
        _encoding("encode_kwargs", usual, instructions[1]),
    )


def _encoding(name: str, settings: dict[object, object], instruction: str) -> Encoding:
    """What encode is given; every setting that is not read here must not matter."""
    rest = dict(settings)
    normalize = rest.pop("normalize_embeddings", False)
    if not isinstance(normalize, bool):
        raise NotUnderstood(f"normalize_embeddings in {name} cannot be told")
    prompts = [rest.pop(key, None) for key in ("prompt", "prompt_name")]
    if any(prompt is not None and not isinstance(prompt, str) for prompt in prompts):
        raise NotUnderstood(f"the prompt in {name} cannot be told")
    _check_nothing_else(name, rest)
    prompt, prompt_name = (str(p) if p is not None else None for p in prompts)
    return Encoding(normalize, prompt, prompt_name, instruction)


def _dictionary(name: str, value: Known | Unknown) -> dict[object, object]:
    if isinstance(value, Known) and isinstance(value.value, dict):
        return dict(value.value)
    if isinstance(value, Known) and value.value is None:
        return {}
    raise NotUnderstood(
        f"{name} cannot be told: {value.reason if isinstance(value, Unknown) else ''}"
    )


def _text(name: str, value: Known | Unknown) -> str:
    if isinstance(value, Known) and isinstance(value.value, str):
        return value.value
    raise NotUnderstood(f"{name} cannot be told")


def _value(value: Known | Unknown) -> object:
    return value.value if isinstance(value, Known) else value


def _check_nothing_else(place: str | None, settings: dict[object, object]) -> None:
    """Refuse a setting that may change the vectors, unless it is off."""
    for name, value in settings.items():
        if name in NO_MATTER or value in OFF:
            continue
        where = f" in {place}" if place else ""
        raise NotUnderstood(f"{name}={value!r}{where} may change the vectors")
