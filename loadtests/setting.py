"""What this process's load is made of, read once."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from loadtests import adapters
from loadtests.adapters.base import Adapter
from loadtests.options import Options
from loadtests.questions import Question, read_questions


@cache
def options() -> Options:
    return Options.from_environment()


@cache
def adapter() -> Adapter:
    return adapters.load(options().adapter)


@cache
def questions() -> Sequence[Question]:
    return read_questions(Path(options().questions))
