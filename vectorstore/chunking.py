"""Cut text into chunks that the model reads whole. docs/vectorstore.md explains the rule.

1. A chunk has at most `size` tokens, counted word by word with the model's own tokenizer: what lies
   behind the model's last token is not in the vector, so nobody would ever find it.
2. A text that fits is one chunk. A longer one is cut where the strongest break is, in the second
   half of what fits: paragraph, then sentence or list item, then line, then space; the last of
   equals.
3. Unless it begins a paragraph, the next chunk starts up to `overlap` tokens earlier: with the
   earliest whole sentence that fits into them, else with whole words.
4. A word is never cut. In scripts without spaces (Chinese, Japanese) each character counts as one;
   a run without spaces that is longer than a whole chunk is no word, and is halved until it fits.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

WIDE = "\u2e80-\u303f\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff00-\uff65"
WORD = re.compile(rf"[{WIDE}]|[^\s{WIDE}]+")
SENTENCE_END = re.compile(r"[.!?…]['\"”’»)\]*_]*$|[。！？]$")
ITEM = re.compile(r"(?:[-*+•>|]|\d+[.)])(?:\s|$)")
BLANK_LINES = re.compile(r"\n(?:[^\S\n]*\n)+")
# Whatever a tokenizer makes of a long run of letters (one unknown token), its text has to be kept.
CHARACTERS_PER_TOKEN = 16
# Beyond every size, and so not counted exactly: a tokenizer takes 90 bytes for each character.
MOST_TOKENS = 16384

PARAGRAPH, SENTENCE, LINE, SPACE, NONE = 4, 3, 2, 1, 0


def about_tokens(word: str) -> int:
    """Tokens of a word where there is no tokenizer: one for four characters."""
    return -(-len(word) // 4)


@dataclass(frozen=True, slots=True)
class Chunker:
    """Cuts texts. `tokens` counts those of one word; sizes are in tokens, special ones not included.

    Raises ValueError for an overlap of more than half of the size.
    """

    size: int = 254
    overlap: int = 32
    tokens: Callable[[str], int] = about_tokens

    def __post_init__(self) -> None:
        if not (self.size >= 1 and 0 <= self.overlap <= self.size // 2):
            raise ValueError(
                f"a chunk of {self.size} tokens cannot overlap by {self.overlap}: at most by half"
            )

    def weigh(self, text: str) -> int:
        """The tokens of a text, as the sum of those of its words."""
        return sum(self._weight(match[0]) for match in WORD.finditer(text))

    def spans(self, text: str, size: int | None = None) -> Iterator[tuple[int, int]]:
        """Start and end of each chunk in `text`, of at most `size` tokens (default: the chunker's)."""
        words = _Words(text, list(self._words(text, size or self.size)), self._weight)
        start = 0
        while start < len(words):
            end = words.end(start, size or self.size)
            yield words.starts[start], words.ends[end - 1]
            if end == len(words):
                return
            start = words.next_start(start, end, self.overlap, size or self.size)

    def _words(self, text: str, size: int) -> Iterator[tuple[int, int]]:
        for match in WORD.finditer(text):
            yield from self._fitting(text, match.start(), match.end(), size)

    def _fitting(self, text: str, start: int, end: int, size: int) -> Iterator[tuple[int, int]]:
        far_too_long = end - start > size * CHARACTERS_PER_TOKEN
        if end - start == 1 or not far_too_long and self._weight(text[start:end]) <= size:
            yield start, end
            return
        middle = (start + end) // 2
        yield from self._fitting(text, start, middle, size)
        yield from self._fitting(text, middle, end, size)

    def _weight(self, word: str) -> int:
        by_length = -(-len(word) // CHARACTERS_PER_TOKEN)
        if by_length > max(self.size, MOST_TOKENS):
            return by_length
        return max(self.tokens(word), by_length)


class _Words:
    """The words of a text, what they weigh, and how strong the break behind each is."""

    def __init__(
        self, text: str, places: Sequence[tuple[int, int]], weight: Callable[[str], int]
    ) -> None:
        self.starts = [start for start, _ in places]
        self.ends = [end for _, end in places]
        weights = (weight(text[start:end]) for start, end in places)
        self._before = [0, *accumulate(weights)]
        self._breaks = [
            _strength(text, start, end, following)
            for (start, end), (following, _) in zip(places, places[1:], strict=False)
        ]

    def __len__(self) -> int:
        return len(self.starts)

    def end(self, start: int, size: int) -> int:
        """Where the chunk that begins with word `start` ends: one behind its last word."""
        last = start + 1
        while last < len(self) and self._weight(start, last + 1) <= size:
            last += 1
        if last == len(self):
            return last
        ends = [at for at in range(start + 1, last + 1) if self._weight(start, at) * 2 >= size]
        return max(ends or [last], key=lambda at: (self._breaks[at - 1], at))

    def next_start(self, start: int, end: int, overlap: int, size: int) -> int:
        """Where the next chunk begins: behind `start`, at most at `end`, and with word `end` in it."""
        if self._breaks[end - 1] == PARAGRAPH:
            return end
        fitting = [
            at
            for at in range(start + 1, end)
            if self._weight(at, end) <= overlap and self._weight(at, end + 1) <= size
        ]
        sentences = [at for at in fitting if self._breaks[at - 1] >= SENTENCE]
        return next(iter(sentences or fitting), end)

    def _weight(self, start: int, end: int) -> int:
        return self._before[end] - self._before[start]


def _strength(text: str, start: int, end: int, following: int) -> int:
    gap = text[end:following]
    sentence = SENTENCE_END.search(text[max(start, end - 8) : end]) is not None
    if BLANK_LINES.search(gap):
        return PARAGRAPH
    if sentence or ("\n" in gap and ITEM.match(text, following)):
        return SENTENCE if gap or _is_wide(text[end - 1]) else NONE
    if "\n" in gap:
        return LINE
    return SPACE if gap or _is_wide(text[end - 1]) or _is_wide(text[following]) else NONE


def _is_wide(character: str) -> bool:
    return re.match(f"[{WIDE}]", character) is not None
