"""Questions to compare retrieval with: made from the store's own texts, the same on every run."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

SEED = 512
TEMPLATES = (
    "What about {words}?",
    "{words}",
    "How does it work with {words}?",
    "Can you tell me something about {words}?",
    "I have a problem with {words}. What should I do?",
    "Is there a rule for {words}?",
    "Who do I ask about {words}",
    "{words}, please explain",
)


def generate(texts: Sequence[str], count: int = 120) -> list[str]:
    """`count` different questions, each from two to five content words of one text.

    The words keep their order; texts take turns, so that each is asked about. Texts with fewer
    than two words are passed over; with too few words for `count` questions, fewer come back.
    """
    choose = random.Random(SEED)
    sources = [words for words in map(_content_words, texts) if len(words) >= 2]
    made: dict[str, None] = {}
    for attempt in range(count * 20 if sources else 0):
        words = sources[attempt % len(sources)]
        size = min(len(words), choose.randint(2, 5))
        picked = sorted(choose.sample(range(len(words)), size))
        template = TEMPLATES[choose.randrange(len(TEMPLATES))]
        made.setdefault(template.format(words=" ".join(words[n] for n in picked)))
        if len(made) == count:
            break
    return list(made)


def _content_words(text: str) -> list[str]:
    return [word for word in re.findall(r"\w+", text) if len(word) > 3]
