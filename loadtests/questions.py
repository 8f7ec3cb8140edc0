"""Questions from a file, and the mix in which visitors ask them: few very often, most of them rarely."""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from vectorstore.commandline import CommandError


@dataclass(frozen=True)
class Question:
    """A question, and what the same visitor may ask next."""

    text: str
    follow_ups: Sequence[str] = ()


def read_questions(file: Path) -> list[Question]:
    """One question a line, each indented line under it a follow-up; `#` begins a comment.

    A .jsonl file has objects with `question` and, if there are, `follow_ups`. Raises CommandError.
    """
    try:
        lines = file.read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{file}: cannot be read: {error}.") from None
    found = _from_jsonl(file, lines) if file.suffix == ".jsonl" else _from_text(file, lines)
    if not found:
        raise CommandError(f"{file}: has no question. Write one a line.")
    return found


def _from_text(file: Path, lines: Sequence[str]) -> list[Question]:
    found: list[tuple[str, list[str]]] = []
    for number, line in enumerate(lines, 1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        if not line[0].isspace():
            found.append((text, []))
        elif found:
            found[-1][1].append(text)
        else:
            raise CommandError(f"{file}:{number}: a follow-up, but no question stands above it.")
    return [Question(text, tuple(follow_ups)) for text, follow_ups in found]


def _from_jsonl(file: Path, lines: Sequence[str]) -> list[Question]:
    found = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
            texts = [entry["question"], *entry.get("follow_ups", ())]
            if not all(isinstance(text, str) and text.strip() for text in texts):
                raise ValueError
            found.append(Question(texts[0], tuple(texts[1:])))
        except (ValueError, TypeError, KeyError, AttributeError):
            raise CommandError(f'{file}:{number}: is no {{"question": "…"}}.') from None
    return found


class Zipf:
    """Draws questions so that the one on rank k comes 1/k times as often as the first.

    https://en.wikipedia.org/wiki/Zipf%27s_law: how often pages, words and FAQs are asked for. The
    ranks are shuffled with `seed`, so that the order in the file says nothing.
    """

    def __init__(self, questions: Sequence[Question], seed: int) -> None:
        self._questions = list(questions)
        random.Random(seed).shuffle(self._questions)
        weights = (1 / rank for rank in range(1, len(self._questions) + 1))
        self._cumulative = list(itertools.accumulate(weights))

    def draw(self, chance: random.Random) -> Question:
        return chance.choices(self._questions, cum_weights=self._cumulative)[0]
