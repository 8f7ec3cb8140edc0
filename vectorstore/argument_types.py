"""What the values of the command line are made into."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any


def condition(text: str) -> tuple[str, list[Any]]:
    """A key, and its value as text and as what JSON makes of it: page=3 finds both 3 and "3"."""
    key, equals, value = text.partition("=")
    if not (key and equals):
        raise argparse.ArgumentTypeError(f"{text!r} is not KEY=VALUE")
    try:
        return key, [value, json.loads(value)]
    except ValueError:
        return key, [value]


def question(text: str) -> str:
    if not text.strip():
        raise argparse.ArgumentTypeError("it is empty")
    return text


def folder(text: str) -> Path:
    """A URL is refused unshown: it may have a password in it."""
    if "://" in text:
        raise argparse.ArgumentTypeError(
            "it has to be a folder; of stores elsewhere only `copy` and STORE_URL take the address"
        )
    return Path(text)


def natural(text: str) -> int:
    value = int(text)
    if value < 0:
        raise argparse.ArgumentTypeError(f"{text} is negative")
    return value


def positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a positive number")
    return value


def share(text: str) -> float:
    value = float(text)
    if not 0 < value <= 1:
        raise argparse.ArgumentTypeError(f"{text} is no share between 0 and 1")
    return value
