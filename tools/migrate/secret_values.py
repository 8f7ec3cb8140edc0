"""Finds keys, tokens and passwords in text, so that they can be pointed out and never shown."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

MASK = "***"
# What the issuers begin their keys with; the names are those that people know them by.
SHAPES = {
    "a private key": r"-----BEGIN [A-Z ]*PRIVATE KEY-----(?P<value>[^-]{40,})-----END",
    "an OpenRouter key": r"sk-or-v1-[0-9a-f]{40,}",
    "an Anthropic key": r"sk-ant-[\w-]{30,}",
    "an OpenAI key": r"sk-(?:proj-|svcacct-|None-)?[A-Za-z0-9_-]{20,}",
    "a Groq key": r"gsk_[A-Za-z0-9]{30,}",
    "a Hugging Face token": r"hf_[A-Za-z0-9]{30,}",
    "a Google API key": r"AIza[A-Za-z0-9_-]{35}",
    "a GitHub token": r"gh[pousr]_[A-Za-z0-9]{36,}|github_pat_\w{50,}",
    "a Slack token": r"xox[abeprs]-[A-Za-z0-9-]{10,}",
    "an AWS key": r"(?:AKIA|ASIA)[0-9A-Z]{16}",
    "a Pinecone key": r"pcsk_\w{40,}",
    "a Telegram bot token": r"\d{8,10}:AA[A-Za-z0-9_-]{30,35}",
    "a Tavily key": r"tvly-[\w-]{20,}",
    "a LangSmith key": r"lsv2_(?:pt|sk)_\w{30,}",
    "an NVIDIA key": r"nvapi-[\w-]{40,}",
    "a Replicate token": r"r8_[A-Za-z0-9]{30,}",
    "a Stripe key": r"[rs]k_live_[A-Za-z0-9]{20,}",
    "a signed token": r"eyJ[\w-]{15,}\.eyJ[\w-]{15,}\.[\w-]{20,}",
    "a password in an address": (
        r"(?:mongodb|postgres|postgresql|mysql|mariadb|redis|rediss|amqps?)(?:\+\w+)?"
        r"://[^\s:/@\"'<>{}]*:(?P<value>[^\s@\"'/<>{}$]{6,})@"
    ),
}
_NAME = (
    r"(?<!\w)\w{0,30}(?:api_?key|access_?key|secret_?key|private_?key|auth_?key|secret|passw(?:or)?d"
    r"|apitoken|(?<![a-z])token(?!\w))s?"
)
_SET = r"(?:[\"'\]]*\s*(?::\s*\w+\s*)?[:=]|[\"']\s*,)\s*"
# `API_KEY = "…"`, `"api_key": "…"`, `environ["API_KEY"] = "…"`, `getenv("API_KEY", "…")`
QUOTED = re.compile(
    rf"{_NAME}{_SET}(?P<quote>[\"'])(?P<value>[^\s\"'<>{{}}|\\]{{16,}})(?P=quote)", re.I
)
# `API_KEY=…` of .env, YAML and the like
BARE = re.compile(rf"{_NAME}[ \t]*[:=][ \t]*(?P<value>[\w+/=.-]{{16,}})[ \t]*\r?$", re.I | re.M)
# A group each, so that one pass over the text tells the kind as well.
_SHAPED = re.compile(
    "|".join(
        rf"(?<![\w-])(?P<k{n}>{shape.replace('?P<value>', f'?P<v{n}>')})"
        for n, shape in enumerate(SHAPES.values())
    )
)
_KINDS = tuple(SHAPES)
PLACEHOLDER = re.compile(
    r"your|example|placeholder|change|dummy|xxx|\*\*|\.\.\.|todo|insert|replace|sample|fake|_here\b"
    r"|environ|getenv|secrets\.|postgres|password",
    re.I,
)
VARIABLE = re.compile(r"[A-Z][A-Z0-9]*_[A-Z0-9_]*")  # of the environment: named, not shown
# Bits for each character: words and paths that are no secret stay below, or lack digits.
RANDOM = 3.0

SECRET_FILE = re.compile(
    r"\.env([._-].*)?|.*\.env|\.envrc|secrets\.(toml|json)|credentials\.json"
    r"|service[-_]account.*\.json|client_secret.*\.json|\.netrc|\.pgpass|\.pypirc|id_(rsa|ed25519)"
)
TEMPLATE = re.compile(r".*[._-](example|sample|template|dist)|(example|sample|template)\.env")
CODE = frozenset({".py", ".ipynb", ".json", ".md"})  # where a bare word is no value
KEY_FILES = frozenset({".pem", ".key", ".p8"})


@dataclass(frozen=True, slots=True)
class Secret:
    """Where the value stands in a text, and what it is."""

    start: int
    end: int
    kind: str


def find_secrets(text: str, path: PurePosixPath | None = None) -> list[Secret]:
    """The secrets of a text, in order; in a file such as .env, values without quotes count too."""
    found = list(_shaped(text))
    bare = path is not None and path.suffix not in CODE
    for pattern in (QUOTED, BARE) if bare else (QUOTED,):
        for match in pattern.finditer(text):
            start, end = match.span("value")
            if _is_random(match["value"]) and not any(
                s.start < end and start < s.end for s in found
            ):
                found.append(Secret(start, end, "a key or password"))
    return sorted(found, key=lambda secret: secret.start)


def mask(text: str, path: PurePosixPath | None = None) -> str:
    """The text with *** in the place of each secret; its lines stay lines."""
    for secret in reversed(find_secrets(text, path)):
        newlines = text.count("\n", secret.start, secret.end)
        text = text[: secret.start] + MASK + "\n" * newlines + text[secret.end :]
    return text


def is_secret_file(path: PurePosixPath) -> bool:
    """Whether a file of that name holds secrets, and is no template for one."""
    name = path.name.lower()
    return bool(SECRET_FILE.fullmatch(name)) and not TEMPLATE.fullmatch(name)


def is_private_key(file: Path) -> bool:
    """Whether the file is a private key; a certificate may have the same suffix."""
    return file.suffix.lower() in KEY_FILES and b"PRIVATE KEY-----" in file.read_bytes()


def _shaped(text: str) -> Iterator[Secret]:
    for match in _SHAPED.finditer(text):
        number = int((match.lastgroup or "k0")[1:])
        inner = f"v{number}"
        start, end = match.span(inner if inner in _SHAPED.groupindex else f"k{number}")
        value = text[start:end]
        if not PLACEHOLDER.search(value) and _entropy(value) > 2:
            yield Secret(start, end, _KINDS[number])


def _is_random(value: str) -> bool:
    mixed = re.search(r"\d", value) and re.search(r"[A-Za-z]", value)
    return (
        bool(mixed)
        and not VARIABLE.fullmatch(value)
        and not PLACEHOLDER.search(value)
        and _entropy(value) > RANDOM
    )


def _entropy(value: str) -> float:
    """Shannon's entropy in bits for each character."""
    counts = Counter(value).values()
    return -sum(n / len(value) * math.log2(n / len(value)) for n in counts)
