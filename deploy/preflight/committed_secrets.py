"""A file of secrets, or a key, in git: whoever can read the repository has it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from deploy.preflight.context import Context
from deploy.problem import Problem, error
from deploy.repository import ENVIRONMENT_FILES

FILES = re.compile(r"\.env(\..*)?|\.envrc|secrets\.toml|credentials\.json|.*\.(pem|p12)")
# Forms that are never anything else: models, GitHub, AWS, Slack, vector stores, Telegram, private keys.
KEYS = re.compile(
    r"\b(sk-(?:proj-|or-v1-|ant-)?[A-Za-z0-9_-]{32,}|hf_[A-Za-z0-9]{30,}|gsk_[A-Za-z0-9]{40,}"
    r"|gh[pousr]_[A-Za-z0-9]{36}|AKIA[A-Z0-9]{16}|AIza[A-Za-z0-9_-]{35}|xox[abp]-[A-Za-z0-9-]{20,})"
    r"|\bpcsk_[A-Za-z0-9_]{40,}|\blsv2_(?:pt|sk)_[0-9a-f]{32}_[0-9a-f]{10}"
    r"|\b\d{8,10}:AA[A-Za-z0-9_-]{33}\b"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----"
)
READ = {
    ".cfg", ".conf", ".example", ".html", ".ini", ".ipynb", ".js", ".json", ".key", ".md", ".py",
    ".sample", ".sh", ".template", ".toml", ".ts", ".txt", ".yaml", ".yml", "",
}  # fmt: skip
FEWEST = 6  # different characters: sk-xxxx… is a placeholder
LARGEST = 1_000_000  # bytes


def check(context: Context) -> Iterator[Problem]:
    for path in context.repository.committed:
        if FILES.fullmatch(path.name) and path.name not in ENVIRONMENT_FILES:
            message = (
                "is pushed with the code. Put it into .gitignore; where git has it already, remove it"
                " (git rm --cached), and make new keys: the old ones stay in the history"
            )
            yield error("secrets", str(path), message)
        elif "tests" not in path.parts:
            yield from _keys(context, path)


def _keys(context: Context, path: PurePosixPath) -> Iterator[Problem]:
    file = context.repository.root / path
    if path.suffix not in READ or not file.is_file() or file.stat().st_size > LARGEST:
        return
    for number, line in enumerate((context.repository.text(path) or "").splitlines(), 1):
        found = KEYS.search(line)
        if found and len(set(found[0])) > FEWEST:  # the line is not shown
            message = "a key is in what is pushed. Read it from the environment, and make a new one"
            yield error("secrets", f"{path}:{number}", message)
