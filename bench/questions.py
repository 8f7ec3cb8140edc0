"""Different questions with many different words, the same on every run.

One repeated question would make every mapped table look free: only the rows it touches are read.
"""

from __future__ import annotations

import argparse
import ast
import asyncio
import email
import json
import logging
import random
import re
from collections.abc import Iterable
from pathlib import Path

WORD = re.compile(r"[a-z]{3,14}")
WORDS_PER_QUESTION = 10  # about 17 tokens


def questions(count: int, faq: Path, seed: int = 512) -> list[str]:
    """`count` different questions of 10 words, from the words of `faq` (JSONL) and docstrings.

    They depend on the Python version, whose standard library's docstrings they are made of.
    """
    words = sorted({*_faq_words(faq), *_docstring_words()})
    chosen = random.Random(seed)
    made: dict[str, None] = {}
    while len(made) < count:
        made[" ".join(chosen.choices(words, k=WORDS_PER_QUESTION)).capitalize() + "?"] = None
    return list(made)


def _faq_words(faq: Path) -> Iterable[str]:
    for line in faq.read_text("utf-8").splitlines():
        yield from WORD.findall(" ".join(map(str, json.loads(line).values())).lower())


def _docstring_words() -> Iterable[str]:
    for module in (argparse, asyncio, email, logging):
        file = Path(str(module.__file__))
        sources = sorted(file.parent.glob("*.py")) if file.name == "__init__.py" else [file]
        for source in sources:
            yield from WORD.findall(_docstrings(source.read_text("utf-8")).lower())


def _docstrings(source: str) -> str:
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    nodes = (node for node in ast.walk(ast.parse(source)) if isinstance(node, kinds))
    return " ".join(ast.get_docstring(node) or "" for node in nodes)
