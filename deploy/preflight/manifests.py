"""More than one manifest: Heroku refuses, Railpack chooses in silence."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from deploy.preflight.context import Context
from deploy.problem import Problem, error
from deploy.shell import root

# https://github.com/heroku/heroku-buildpack-python/blob/main/lib/package_manager.sh
MANIFESTS = ("Pipfile.lock", "poetry.lock", "requirements.txt", "uv.lock")
OVERRIDDEN = "runtime.txt"


def check(context: Context) -> Iterator[Problem]:
    folder = PurePosixPath("." if context.platform == "heroku" else root(context.plan))
    here = [path for path in context.repository.committed if path.parent == folder]
    names = sorted(path.name for path in here if path.name in MANIFESTS)
    if len(names) > 1:
        message = f"{' and '.join(names)} are both there. Keep one: Heroku refuses to build"
        yield error("manifests", str(folder / names[0]), message)
    if context.plan.manifest.value is None:
        yield error("manifests", str(folder), "nothing says what is to be installed")
    elif context.platform == "heroku" and not names and context.plan.lock.value is None:
        message = f"Heroku installs none but {', '.join(MANIFESTS)} in the root, and there is"
        yield error(
            "manifests", context.plan.manifest.value, f"{message} {context.plan.manifest.value}"
        )
    if any(path.name == OVERRIDDEN for path in here):
        message = "wins over .python-version on Heroku, and is deprecated. Remove it"
        yield error("manifests", str(folder / OVERRIDDEN), message)
