"""What the JSON files of a model folder must hold, checked before anything is done with it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path, PurePosixPath
from typing import Any

from vectorstore.commandline import CommandError

Check = Callable[[Any], bool]


def is_text(value: Any) -> bool:
    return isinstance(value, str)


def is_count(value: Any) -> bool:
    return type(value) is int and 1 <= value < 1 << 31


def is_number(value: Any) -> bool:
    """Of any size: a tokenizer says "no limit" with 1e30."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value >= 0


def are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(map(is_text, value))


def is_object(value: Any) -> bool:
    return isinstance(value, dict)


def are_prompts(value: Any) -> bool:
    return is_object(value) and all(text is None or is_text(text) for text in value.values())


def is_inside(value: Any) -> bool:
    """Whether it is a path that stays in its folder."""
    path = PurePosixPath(value) if is_text(value) else PurePosixPath("/")
    return not path.is_absolute() and ".." not in path.parts


def are_modules(value: Any) -> bool:
    return isinstance(value, list) and all(
        is_object(module) and is_inside(module.get("path", "")) for module in value
    )


def are_shards(value: Any) -> bool:
    """Tensors by name, with the file beside the index that each is in."""
    return (
        is_object(value)
        and bool(value)
        and all(is_text(name) and Path(name).name == name for name in value.values())
    )


COUNTS = (
    *("num_hidden_layers", "num_attention_heads", "hidden_size", "max_position_embeddings"),
    *("n_layers", "n_heads", "dim", "d_model", "d_kv", "num_layers", "num_heads", "n_embd"),
    *("relative_attention_num_buckets", "relative_attention_max_distance"),
)
CONFIG: dict[str, Check] = {
    **dict.fromkeys(COUNTS, is_count),
    **dict.fromkeys(("model_type", "hidden_act", "activation", "feed_forward_proj"), is_text),
    **dict.fromkeys(("layer_norm_eps", "layer_norm_epsilon"), is_number),
    "pad_token_id": lambda value: type(value) is int,
    "architectures": are_texts,
    "auto_map": is_object,
}
LIMITS: dict[str, Check] = {"max_seq_length": is_count, "model_max_length": is_number}
PROMPTS: dict[str, Check] = {"prompts": are_prompts, "default_prompt_name": is_text}
DENSE: dict[str, Check] = {"in_features": is_count, "out_features": is_count}
SHARDS: dict[str, Check] = {"weight_map": are_shards}


def parse(path: Path, checks: dict[str, Check], required: Iterable[str] = ()) -> dict[str, Any]:
    """The object in a file, what is null left out. Raises CommandError naming what is wrong."""
    value = load(path)
    if not is_object(value):
        raise _damaged(path, f"it holds {_excerpt(value)}, and not an object")
    found = {name: item for name, item in value.items() if item is not None}
    for name, check in checks.items():
        if name in found and not check(found[name]):
            raise _damaged(path, f"{name} is {_excerpt(found[name])}")
    for name in required:
        if name not in found:
            raise _damaged(path, f"it has no {name}")
    return found


def parse_modules(path: Path) -> list[dict[str, Any]]:
    """The modules in modules.json. Raises CommandError."""
    modules: Any = load(path)
    if not are_modules(modules):
        raise _damaged(path, f"{_excerpt(modules)} are no modules inside the folder")
    listed: list[dict[str, Any]] = modules
    return listed


def load(path: Path) -> Any:
    """The parsed file. Raises CommandError for what cannot be read, or is not JSON."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise CommandError(f"{path} is not JSON ({error}): download the model again.") from error
    except OSError as error:
        raise CommandError(f"{path} cannot be read ({error.strerror}).") from error


def _damaged(path: Path, what: str) -> CommandError:
    return CommandError(f"{path} is damaged: {what}. Download the model again.")


def _excerpt(value: Any) -> str:
    return json.dumps(value)[:80]
