"""When two questions are asked in the same words."""

from __future__ import annotations

import re
import unicodedata

# Within a question these change nothing; at its beginning they do ("Can I pay?", "Do I pay?").
FILLERS = frozenset(("a", "an", "the", "is", "do", "does", "can", "could", "please"))
ENDS = '?!.,;:…"“”„«»()[]'


def normalized(question: str) -> str:
    """Equal for questions that differ in nothing but white space and composed characters.

    Case and punctuation stay: "us" is not "US", and an answer may depend on either.
    """
    return " ".join(unicodedata.normalize("NFC", question).split())


def wording(question: str) -> str:
    """The words that matter, in their order; equal for questions that may have the same answer.

    Case matters where a word is written in capitals: "US" is not "us".
    """
    text = normalized(question).replace("’", "'")
    words = [word.strip(ENDS) for word in re.sub(r"(?i)'s\b", " is", text).split()]
    plain = [word if len(word) > 1 and word.isupper() else word.lower() for word in words]
    said = [word for word in plain if word and word != "please"]
    return " ".join([*said[:1], *(word for word in said[1:] if word not in FILLERS)])
