"""The packages of a lock that are reached from what a project asks for itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from packaging.utils import canonicalize_name

from deploy.locking.resolved import Resolved


@dataclass(frozen=True, slots=True)
class Need:
    """A package by its canonical name; `version` where a lock holds several of it."""

    name: str
    extras: tuple[str, ...] = ()
    version: str | None = None


@dataclass(frozen=True, slots=True)
class Package:
    """`extras` is the name of an extra -> what it brings."""

    name: str
    version: str
    needs: Sequence[Need] = ()
    extras: Mapping[str, Sequence[Need]] = field(default_factory=dict)


def walked(packages: Sequence[Package], asked: Sequence[Need]) -> Resolved:
    """All that `asked` brings; what the lock does not hold is left out."""
    versions: dict[str, str] = {}
    via: dict[str, list[str]] = {}
    first = {need.name for need in asked}
    waiting: list[tuple[str | None, Need]] = [(None, need) for need in asked]
    seen = set()
    for parent, need in waiting:
        package = _held(packages, need)
        if package is None:
            continue
        versions[package.name] = package.version
        parents = via.setdefault(package.name, [])
        if parent not in (None, *parents, package.name) and package.name not in first:
            parents.append(str(parent))
        extras: dict[str, Sequence[Need]] = {
            canonicalize_name(name): package.extras[name] for name in package.extras
        }
        for part in ("", *map(canonicalize_name, need.extras)):
            if (package.name, package.version, part) not in seen:
                seen.add((package.name, package.version, part))
                inner = extras.get(part, ()) if part else package.needs
                waiting += [(package.name, one) for one in inner]
    return Resolved(versions, {name: tuple(parents) for name, parents in via.items()})


def _held(packages: Sequence[Package], need: Need) -> Package | None:
    named = [package for package in packages if package.name == need.name]
    exact = (package for package in named if package.version == need.version)
    return next(exact, named[0] if named else None)
