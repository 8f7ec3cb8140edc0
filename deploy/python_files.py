"""`.python-version`, for the hosts that build from source."""

from __future__ import annotations

from pathlib import PurePosixPath

from deploy.generated import GeneratedFile
from deploy.plan import Plan

FILE = ".python-version"


def python_files(plan: Plan) -> list[GeneratedFile]:
    """In the root, and in the folder of the app: a host that builds that alone sees no other."""
    paths = dict.fromkeys((FILE, str(PurePosixPath(plan.folder.value, FILE))))
    return [GeneratedFile(path, f"{plan.python.value}\n", "lines") for path in paths]
