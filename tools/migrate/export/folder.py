"""Reads a model folder as sentence-transformers or transformers lays it out.

https://sbert.net/docs/sentence_transformer/usage/custom_models.html
What cannot be exported without torch is refused here, by name, with what to do.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.migrate.export import schema
from tools.migrate.export.pooling import Pooling, read_pooling
from tools.migrate.export.shape import KEEP_TORCH, Shape, outer_shape, read_shape
from tools.migrate.export.weights import weight_files
from vectorstore.commandline import CommandError

NO_LIMIT = 10**9  # tokenizer_config.json says "no limit" with a huge number
LEAST_LIMIT = 3  # two special tokens, and one of the text
USUAL_LIMIT = 512  # where nothing limits it (T5 without a tokenizer_config.json)


@dataclass(frozen=True)
class Prompts:
    """The texts that encode_query, encode_document and plain encode put before a text."""

    query: str = ""
    document: str = ""
    default: str = ""


@dataclass(frozen=True)
class ModelFolder:
    """What the exporter needs to know of a source folder."""

    path: Path
    inner: Path
    shape: Shape
    pooling: Pooling
    max_tokens: int
    lower_case: bool
    query_prefix: str
    document_prefix: str
    default_prompt: str
    weights: list[Path]
    notes: tuple[str, ...]
    route: str = "direct"
    graph: Path | None = None

    @property
    def dim(self) -> int:
        """The length of a vector."""
        dense = self.pooling.dense
        return dense[-1].shape[0] if dense else self.shape.hidden

    @property
    def identity(self) -> list[Path]:
        """Every file whose numbers the vectors depend on."""
        weights = self.weights
        if self.graph and not weights:
            beside = self.graph.parent.glob(f"{self.graph.name}?data")
            weights = [self.graph, *sorted(beside)]
        return [*weights, *(dense.weights for dense in self.pooling.dense)]

    @property
    def tokenizer(self) -> Path:
        """The tokenizer.json that goes with the weights."""
        return self.inner / "tokenizer.json"


def read_folder(path: Path) -> ModelFolder:
    """Read and check a folder for the direct route; CommandError for what that cannot export.

    UnknownArchitecture when it is the encoder that is not written here.
    """
    modules, inner = _inner(path)
    config = read_config(inner / "config.json")
    _refuse_code(inner, config)
    return _read(path, modules, inner, read_shape(inner, config), weight_files(inner))


def read_foreign(path: Path, *, ready: bool = False) -> ModelFolder:
    """Read and check a folder whose graph comes from elsewhere; `ready`: no weights are needed.

    Where the graph is ready, nothing of the model is run: code of its own doesn't matter then.
    """
    modules, inner = _inner(path)
    config = read_config(inner / "config.json")
    if not ready:
        _refuse_code(inner, config)
    weights = [] if ready else weight_files(inner)
    return _read(path, modules, inner, outer_shape(inner, config), weights)


def _inner(path: Path) -> tuple[list[dict[str, Any]], Path]:
    """The modules, and the folder of the encoder."""
    listed = path / "modules.json"
    modules = schema.parse_modules(listed) if listed.is_file() else []
    _refuse_instructor(path, modules)
    return modules, path / (modules[0].get("path", "") if modules else "")


def _read(
    path: Path, modules: list[dict[str, Any]], inner: Path, shape: Shape, weights: list[Path]
) -> ModelFolder:
    if not (inner / "tokenizer.json").is_file():
        raise CommandError(
            f"{inner} has no tokenizer.json, the one form of a tokenizer that runs without"
            " transformers. Where transformers is installed,"
            " AutoTokenizer.from_pretrained(folder).save_pretrained(folder) writes it."
        )
    # sentence-transformers reads its own files only in a folder that it wrote itself.
    sentence = _sentence_config(inner) if modules else {}
    prompts = read_prompts(path) if modules else Prompts()
    pooling = read_pooling(path, modules)
    return ModelFolder(
        path=path,
        inner=inner,
        shape=shape,
        pooling=pooling,
        max_tokens=_max_tokens(inner, sentence, shape),
        lower_case=bool(sentence.get("do_lower_case")),
        query_prefix=prompts.query,
        document_prefix=prompts.document,
        default_prompt=prompts.default,
        weights=weights,
        notes=pooling.notes,
    )


def read_config(path: Path) -> dict[str, Any]:
    """A config.json, which has to be there. Raises CommandError."""
    if not path.is_file():
        raise CommandError(
            f"{path.parent} has no {path.name}: it is not a model folder of transformers or"
            " sentence-transformers. Give the folder that model.save() wrote."
        )
    return schema.parse(path, schema.CONFIG)


def _optional(path: Path, checks: dict[str, schema.Check]) -> dict[str, Any]:
    return schema.parse(path, checks) if path.is_file() else {}


def _refuse_instructor(path: Path, modules: list[dict[str, Any]]) -> None:
    if any("instructor" in str(module.get("type", "")).lower() for module in modules):
        raise CommandError(
            f"{path} is an Instructor model: it leaves the instruction out of the pooling, which a"
            f" plain encoder cannot. {KEEP_TORCH}"
        )


def _refuse_code(path: Path, config: dict[str, Any]) -> None:
    if config.get("auto_map"):
        names = ", ".join(sorted(config["auto_map"]))
        raise CommandError(
            f"{path / 'config.json'} names code of the model's own (auto_map: {names}), which"
            f" transformers runs with trust_remote_code. It was not run. {KEEP_TORCH}"
        )


def _sentence_config(path: Path) -> dict[str, Any]:
    """sentence_bert_config.json, by the names it has had; {} where there is none."""
    for kind in ("bert", "roberta", "distilbert", "camembert", "albert", "xlm-roberta", "xlnet"):
        found = _optional(path / f"sentence_{kind}_config.json", schema.LIMITS)
        if found:
            return found
    return {}


def _max_tokens(path: Path, sentence: dict[str, Any], shape: Shape) -> int:
    tokenizer = _optional(path / "tokenizer_config.json", schema.LIMITS)
    asked = sentence.get("max_seq_length") or tokenizer.get("model_max_length")
    limits = [limit for limit in (asked, shape.positions) if limit and limit < NO_LIMIT]
    found = int(min(limits, default=USUAL_LIMIT))
    if found < LEAST_LIMIT:
        raise CommandError(
            f"{path} leaves {found} tokens for a text (max_seq_length, model_max_length,"
            " max_position_embeddings), its special ones included. Download the model again."
        )
    return found


def read_prompts(path: Path) -> Prompts:
    """What config_sentence_transformers.json in a model's folder says."""
    config = _optional(path / "config_sentence_transformers.json", schema.PROMPTS)
    prompts = config.get("prompts") or {}
    usual = prompts.get(config.get("default_prompt_name") or "") or ""
    document = next(
        (prompts[name] for name in ("document", "passage", "corpus") if prompts.get(name)), usual
    )
    return Prompts(prompts.get("query") or usual, document, usual)
