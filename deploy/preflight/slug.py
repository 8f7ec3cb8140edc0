"""The files of the repository must leave room for the packages in Heroku's slug.

Without packing: models and stores hardly shrink. What is installed only `rehearse heroku` can weigh.
"""

from __future__ import annotations

from collections.abc import Iterator

from deploy.heroku.slug import FILE, IGNORED, LIMIT_MB, kept
from deploy.preflight.context import Context
from deploy.problem import Problem, error, warning

LARGE_MB = 300  # the rehearsed apps, packages included, took 121 to 262 MiB packed (docs/deploy.md)
MB = 1_000_000


def check(context: Context) -> Iterator[Problem]:
    if context.platform != "heroku":
        return
    repository = context.repository
    said = repository.text(FILE)
    patterns = IGNORED if said is None else said.splitlines()
    files = (repository.root / path for path in kept(context.plan, repository.committed, patterns))
    size_mb = sum(file.stat().st_size for file in files if file.is_file()) / MB
    if size_mb > LARGE_MB:
        tell = error if size_mb > LIMIT_MB else warning
        message = f"the files in git are {size_mb:.0f} MB of {LIMIT_MB} MB, before any package"
        advice = f"Put what the app does not read into {FILE}; `rehearse heroku` weighs all of it"
        yield tell("slug", FILE, f"{message}. {advice}")
