"""Finds the factory that CHAT_CHAIN names, or says in one paragraph why there is none."""

from __future__ import annotations

import importlib
import sys
import traceback
from pathlib import Path
from types import ModuleType
from typing import Any

from vectorstore.commandline import CommandError


def find_factory(name: str) -> Any:
    """What `module:factory` names, looked for in the working folder first. Raises CommandError."""
    module_name, _, attribute = name.partition(":")
    module = _import(name, module_name)
    factory = getattr(module, attribute, None)
    if factory is None:
        raise CommandError(f"CHAT_CHAIN={name}: {module.__file__} has no {attribute}.")
    if not callable(factory):
        raise CommandError(
            f"CHAT_CHAIN={name}: {attribute} is {type(factory).__name__}, which cannot be called:"
            " name a function that takes a retriever, a language model and a memory, and returns the"
            " chain."
        )
    return factory


def failure(error: BaseException) -> str:
    """An exception in one line, and where it came from."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f" ({frames[-1].filename}, line {frames[-1].lineno})" if frames else ""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}{': ' if text else ''}{text}{where}"


def _import(name: str, module_name: str) -> ModuleType:
    here = str(Path.cwd())
    if here not in sys.path and "" not in sys.path:  # a console command has its own folder there
        sys.path.insert(0, here)
    try:
        return importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name and f"{module_name}.".startswith(f"{error.name}."):
            raise CommandError(
                f"CHAT_CHAIN={name}: there is no module {error.name}, neither in {here} nor among"
                " what is installed."
            ) from error
        raise CommandError(
            f"CHAT_CHAIN={name}: the module imports {error.name}, which is not installed."
        ) from error
    except Exception as error:
        raise CommandError(f"CHAT_CHAIN={name}: the module failed: {failure(error)}.") from error
