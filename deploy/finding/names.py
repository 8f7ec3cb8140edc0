"""Names: of the service, its secrets, and its repository on GitHub."""

from __future__ import annotations

import re
import subprocess
import tomllib
from collections.abc import Sequence

from deploy.plan import Found
from deploy.repository import ENVIRONMENT_FILES, Repository
from deploy.secret_names import ENDINGS

UNNAMED = "app"
LONGEST = 30  # an app name on Heroku
_SECRET = re.compile(rf"#?\s*([A-Z][A-Z0-9_]*(?:{ENDINGS}))\s*=")
_GITHUB = re.compile(r"github\.com[:/]([\w.-]+/[\w.-]+?)(?:\.git)?/?$")


def find_name(repository: Repository) -> Found[str]:
    """The project's name in pyproject.toml, else the folder's, as every platform takes it."""
    try:
        document = tomllib.loads(repository.text("pyproject.toml") or "")
    except tomllib.TOMLDecodeError:
        document = {}
    named = document.get("project", {}).get("name")
    found = Found(named, "pyproject.toml: name") if named else None
    found = found or Found(repository.root.name, "the folder's name")
    if not re.search("[a-z0-9]", found.value.lower()):
        return Found(UNNAMED, f"{found.source} has no letter that a host takes: say `name`")
    return Found(slug(found.value), found.source)


def slug(name: str) -> str:
    """Lower-case letters, digits and dashes, beginning with a letter, at most 30."""
    cleaned = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    if not cleaned[:1].isalpha():
        cleaned = f"{UNNAMED}-{cleaned}".strip("-")
    return cleaned[:LONGEST].strip("-")


def find_secrets(repository: Repository, in_code: Sequence[str]) -> Found[tuple[str, ...]]:
    """Names that the code reads and that the example of an environment file holds."""
    files = [path for path in repository.served if path.name in ENVIRONMENT_FILES]
    lines = [line for file in files for line in (repository.text(file) or "").splitlines()]
    listed = {match[1] for line in lines for match in [_SECRET.match(line)] if match}
    sources = [*(["the code"] if in_code else []), *(map(str, files) if listed else [])]
    return Found(tuple(sorted({*in_code, *listed})), ", ".join(sources) or "none found")


def find_repository(repository: Repository) -> Found[str | None]:
    """owner/name of the remote `origin`, where that is GitHub."""
    command = ["git", "-C", str(repository.root), "config", "--get", "remote.origin.url"]
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    match = _GITHUB.search(done.stdout.strip())
    if match:
        return Found(match[1], "git remote origin")
    return Found(None, "no remote on GitHub")
