"""What the conversion adds and takes away, in MiB."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from tools.migrate.project import RUNTIME, Project

MIB = 2**20
STORE_FILES = frozenset({".faiss", ".pkl"})


def sizes(project: Project, proof: Mapping[str, Any] | None) -> dict[str, Any]:
    """Installed packages (where the proof resolved and installed them), models, stores."""
    return {
        "wheels_mib": {
            "before": ((proof or {}).get("before") or {}).get("wheels_mib"),
            "after": _figure(proof, "resolve", "wheels_mib"),
        },
        "installed_mib": {"after": _figure(proof, "install", "installed_mib")},
        "models_mib": {str(folder): _mib(project, folder) for folder in _models(project)},
        "runtime_mib": round(
            sum(_size(project, p) for p in project.paths() if RUNTIME in p.parts) / MIB, 3
        ),
        "stores_mib": {
            str(folder): {"before": before, "after": _mib(project, folder)}
            for folder, before in _stores(project)
        },
    }


def _models(project: Project) -> list[PurePosixPath]:
    return [path.parent for path in project.paths() if path.name == "embedding.json"]


def _stores(project: Project) -> Iterator[tuple[PurePosixPath, float]]:
    """(folder, MiB before) of the stores that were converted now."""
    gone = {path.parent for path in project.deleted() if path.suffix in STORE_FILES}
    for folder in sorted(gone):
        if project.exists(folder / "manifest.json"):
            before = [
                (project.root / path).stat().st_size
                for path in project.tree.files
                if path.parent == folder and path.suffix in STORE_FILES
            ]
            yield folder, round(sum(before) / MIB, 3)


def _mib(project: Project, folder: PurePosixPath) -> float:
    found = [path for path in project.paths() if path.is_relative_to(folder)]
    return round(sum(_size(project, path) for path in found) / MIB, 3)


def _size(project: Project, path: PurePosixPath) -> int:
    staged, copied = project.staged().get(path), project.copied().get(path)
    if staged is not None:
        return len(staged)
    return (copied or project.root / path).stat().st_size


def _figure(proof: Mapping[str, Any] | None, step: str, name: str) -> float | None:
    found = (s["figures"].get(name) for s in (proof or {}).get("steps", ()) if s["name"] == step)
    return next(found, None)
