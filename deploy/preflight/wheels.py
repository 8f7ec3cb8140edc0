"""A Python for which a package has no wheel: the host compiles it, or gives up.

FIRST holds the first release of a package with a wheel for a Python, for what such bots pin: it is
asked where nothing was resolved by us: of the pins in a requirements file, and in another tool's lock.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from packaging.version import InvalidVersion, Version

from deploy.finding.python_version import SUPPORTED
from deploy.locking.others import lock_of, place
from deploy.locking.uv import NotResolvedError, has_wheel
from deploy.preflight.context import Context
from deploy.preflight.pins import name_of, pin_of, requirements
from deploy.problem import Problem, error, warning

# Asked of the index on 2026-11-25, each together with the release before it, which has none.
FIRST: Mapping[str, Mapping[str, str]] = {
    "faiss-cpu": {"3.12": "1.8.0", "3.13": "1.9.0.post1"},
    "numpy": {"3.12": "1.26.0", "3.13": "2.1.0", "3.14": "2.3.2"},
    "onnxruntime": {"3.12": "1.17.0", "3.13": "1.20.0"},
}


def check(context: Context) -> Iterator[Problem]:
    plan = context.plan
    python = ".".join(plan.python.value.split(".")[:2])
    if context.lock.wheels_seen:
        for built in context.lock.without_wheel:
            yield _without(built, python, context)
        return
    for where, name, pin in _pins(context):
        first = FIRST.get(name, {}).get(python)
        if first and _is_older(pin, first):
            yield error(
                "wheels",
                where,
                f"{name} {pin} has no wheel for Python {python} ({plan.python.source});"
                f" {first} is the first that has. Take an older Python or a newer package",
            )


def _pins(context: Context) -> Iterator[tuple[str, str, str]]:
    """(place, name, version) of what is pinned in the manifest, or held by the lock of another tool."""
    repository, manifest = context.repository, context.plan.manifest.value
    for where, requirement in requirements(repository, manifest):
        if pin := pin_of(requirement):
            yield where, name_of(requirement), pin
    other, resolved = lock_of(manifest), context.lock.resolved
    if other and resolved:
        held = ((name, resolved.versions[name]) for name in FIRST if name in resolved.versions)
        yield from ((place(repository, other, name), name, pin) for name, pin in held)


def _is_older(pin: str, first: str) -> bool:
    try:
        return Version(pin) < Version(first)
    except InvalidVersion:
        return False


def _without(pin: str, python: str, context: Context) -> Problem:
    """An error where another Python has a wheel; what has none at all is built everywhere."""
    where = context.plan.manifest.value or "the manifest"
    name = pin.replace("==", " ")
    try:
        others = [other for other in SUPPORTED if other != python and has_wheel(pin, other)]
    except NotResolvedError:
        others = []
    if not others:
        return warning(
            "wheels", where, f"{name} has no wheel for Python {python}: the host builds it"
        )
    return error(
        "wheels",
        where,
        f"{name} has no wheel for Python {python} ({context.plan.python.source}), but for"
        f" {', '.join(others)}. Take one of these, or a newer package",
    )
