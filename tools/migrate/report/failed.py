"""What a person does about the steps of the proof that failed."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from tools.migrate.project import Project
from tools.migrate.requirements.files import requirement_files
from tools.migrate.requirements.uses import package_of

LONGEST = 200  # characters of what a failed step says
MISSING = re.compile(r"(?:(\S+):\d+: )?ModuleNotFoundError: No module named '([\w.]+)'")


def of_the_proof(
    project: Project, proof: Mapping[str, Any] | None, manifest: object
) -> Iterator[str]:
    """A sentence for each failed step; for each package that nothing lists, where it belongs."""
    said: set[str] = set()
    for step in (proof or {}).get("steps", ()):
        if step["status"] == "fail":
            unlisted = _unlisted(project, step) if manifest else {}
            for package, importer in unlisted.items():
                if package not in said:
                    importer = importer or "the app"
                    yield f"Add {package} to {manifest}: {importer} imports it and nothing lists it."
            said |= unlisted.keys()
            if not unlisted or (step["name"] == "import" and _has_more(step["detail"], unlisted)):
                yield _sentence(step)


def _unlisted(project: Project, step: Mapping[str, Any]) -> dict[str, str]:
    """Each missing package that the original did not list either, with the file that imports it."""
    before = step["before"] or ""
    listed = {name for file in requirement_files(project).values() for name in file.names}
    found: dict[str, str] = {}
    for importer, module in MISSING.findall(step["detail"]):
        package = package_of(module)
        # A name with a dot may be missing from a package that is there.
        absent = bool(before) and "." not in module
        known = absent or f"{package} was not among its requirements" in before
        if known and package not in listed and package not in found:
            found[package] = importer
    return found


def _has_more(detail: str, unlisted: Collection[str]) -> bool:
    """Whether it names another error, or counts more of them."""
    for part in detail.strip().split("; "):
        found = MISSING.search(part)
        if found is None or package_of(found[2]) not in unlisted or part.endswith(" more"):
            return True
    return False


def _sentence(step: Mapping[str, Any]) -> str:
    detail = step["detail"].strip().rstrip(".")
    short = detail if len(detail) <= LONGEST else f"{detail[:LONGEST]}…"
    known = "Mend what had failed before the conversion too"
    sentence = known if step["before"] else "Do not merge before this is solved"
    return f"{sentence}: {step['name']}, {short}."
