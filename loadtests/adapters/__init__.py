"""Request shapes. `--adapter` names one of this folder's, a TOML file, or a class of your own."""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path
from typing import cast

from loadtests.adapters.base import Adapter
from loadtests.adapters.mapping import read_mapping
from vectorstore.commandline import CommandError

FOLDER = Path(__file__).parent
NEEDED, TO_STREAM = ("streams", "refusals", "ask", "reply"), ("stream", "token", "last")


def names() -> list[str]:
    """The adapters that come with us."""
    return sorted(file.stem for file in FOLDER.glob("*.toml"))


def load(name: str) -> Adapter:
    """The adapter: a name of ours, `path/to/mapping.toml` or `module:class`. Raises CommandError."""
    if name.endswith(".toml"):
        return read_mapping(Path(name))
    if ":" in name:
        return _own(name)
    if name not in names():
        raise CommandError(
            f"there is no adapter {name!r}. Choose {', '.join(names())}, a TOML file or module:class."
        )
    return read_mapping(FOLDER / f"{name}.toml")


def _own(name: str) -> Adapter:
    module, _, attribute = name.partition(":")
    sys.path.insert(0, os.getcwd())
    try:
        made = getattr(importlib.import_module(module), attribute)()
    except Exception as error:  # whatever code of somebody else raises
        raise CommandError(f"--adapter {name}: {type(error).__name__}: {error}.") from error
    finally:
        sys.path.pop(0)
    needed = NEEDED + (TO_STREAM if getattr(made, "streams", False) else ())
    if missing := [one for one in needed if not hasattr(made, one)]:
        raise CommandError(
            f"--adapter {name}: has no {', '.join(missing)}; loadtests/adapters/base.py says what"
            " an adapter has."
        )
    return cast(Adapter, made)
