"""Questions whose right passages are known, to measure what a model finds.

A file of JSON objects, one a line, or CSV with a header; `question`, `id` and `passage` are the
fields. A line with a passage puts it among those that are searched, one with a question says which
passage answers it, by `id` (of another line) or by standing beside it. A question on several lines
has several right passages.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vectorstore.commandline import CommandError

DEFAULT = Path(__file__).with_name("shop_questions.jsonl")
FIELDS = ("question", "id", "passage")
TABLES = {".csv": ",", ".tsv": "\t"}


@dataclass(frozen=True)
class Labelled:
    """`right` holds the positions of the passages that answer each question, at least one."""

    name: str
    passages: tuple[str, ...]
    questions: tuple[str, ...]
    right: tuple[frozenset[int], ...]


@dataclass
class _Read:
    """What is known so far; a passage without an id goes by its text."""

    positions: dict[str, int] = field(default_factory=dict)
    passages: list[str] = field(default_factory=list)
    asked: dict[str, dict[str, int]] = field(default_factory=dict)
    """Question -> the names of its passages, and the line of each."""

    def add(self, number: int, line: dict[str, str]) -> None:
        question, name, passage = (line.get(key, "") for key in FIELDS)
        if passage:
            name = name or passage
            at = self.positions.setdefault(name, len(self.passages))
            if at == len(self.passages):
                self.passages.append(passage)
            elif self.passages[at] != passage:
                raise ValueError(f"another passage has the id {name!r}")
        if question and not name:
            raise ValueError("a question needs the id of its passage, or the passage")
        if question:
            self.asked.setdefault(question, {})[name] = number
        elif not passage:
            raise ValueError(f"it has none of {', '.join(FIELDS)}, or an id alone")


def read_labelled(path: Path, k: int) -> Labelled:
    """The set in `path`. Raises CommandError, naming the line, for what it cannot be made from.

    More than `k` passages are needed: else the first k are all there are.
    """
    read = _Read()
    number = 0
    try:
        for number, line in _lines(path):
            read.add(number, _fields(line))
    except OSError as error:
        raise CommandError(f"cannot read {path}: {error.strerror}.") from error
    except csv.Error as error:
        raise CommandError(f"{path} after line {number}: {error}.") from error
    except ValueError as error:
        raise CommandError(f"{path} line {number}: {error}.") from error
    if not read.asked or len(read.passages) <= k:
        raise CommandError(
            f"{path} holds {len(read.asked)} questions and {len(read.passages)} passages; a question"
            f" and more than {k} passages are the least that recall@{k} can be measured with."
        )
    return Labelled(path.name, tuple(read.passages), tuple(read.asked), _right(path, read))


def _right(path: Path, read: _Read) -> tuple[frozenset[int], ...]:
    for names in read.asked.values():
        for name, number in names.items():
            if name not in read.positions:
                raise CommandError(f"{path} line {number}: no passage has the id {name!r}.")
    return tuple(frozenset(read.positions[name] for name in names) for names in read.asked.values())


def _lines(path: Path) -> Iterator[tuple[int, Any]]:
    """Number and content of each line: the text of an object, or the cells of a row by column."""
    delimiter = TABLES.get(path.suffix.lower())
    with path.open(encoding="utf-8-sig", newline="") as file:
        if delimiter is None:
            yield from ((at, text) for at, text in enumerate(file, 1) if text.strip())
        else:
            rows = csv.DictReader(file, delimiter=delimiter, strict=True)
            yield from ((rows.line_num, row) for row in rows)


def _fields(line: Any) -> dict[str, str]:
    given = json.loads(line) if isinstance(line, str) else line
    if not isinstance(given, dict):
        raise ValueError("expected an object with question, id and passage")
    found = {str(key).strip().lower(): value for key, value in given.items()}
    kept = {key: found[key] for key in FIELDS if found.get(key) is not None}
    for key, value in kept.items():
        if isinstance(value, bool) or not isinstance(value, (str, int)):
            raise ValueError(f"{key} is a {type(value).__name__}, not text")
    return {key: str(value).strip() for key, value in kept.items()}
