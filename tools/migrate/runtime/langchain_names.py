"""Finds LangChain's classes wherever the installed version keeps them.

Copied into this repository by fit512 (MIT licence); works with LangChain 0.0.300 to 1.x.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any


def first(*places: str) -> Any:
    """The class at the first "module:name" there is. Raises ImportError when there is none."""
    for module, _, name in (place.partition(":") for place in places):
        try:
            return getattr(import_module(module), name)
        except (ImportError, AttributeError):
            continue
    raise ImportError(
        f"none of {', '.join(places)} can be imported: pip install langchain-classic"
        " langchain-community"
    )
