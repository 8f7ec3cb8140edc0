"""When two questions are asked in the same words."""

from __future__ import annotations

import re
import unicodedata

# Within a question these change nothing; at its beginning they may ("Is there …?", "The …?").
FILLERS = frozenset(("a", "an", "the", "is", "do", "does", "please"))
# These ask whether something may be, "do" whether it is: "How many points can I get?", "do I get?".
SAME_WORD = {"could": "can"}
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
    plain = [_plain(word) for word in words]
    # "plan A" is not "a plan".
    plain[1:] = [
        "A" if word == "A" else same for word, same in zip(words[1:], plain[1:], strict=True)
    ]
    said = [word for word in plain if word and word != "please"]
    return " ".join([*said[:1], *(word for word in said[1:] if word not in FILLERS)])


def _plain(word: str) -> str:
    lower = word if len(word) > 1 and word.isupper() else word.lower()
    return SAME_WORD.get(lower, lower)
