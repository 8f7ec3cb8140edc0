"""`requirements.lock`: the manifest resolved for the host, with hashes, and nothing beside it.

No host takes a file of this name for a manifest, so that there is still exactly one.
"""

from __future__ import annotations

import hashlib
import posixpath
from dataclasses import dataclass

from deploy.locking.others import lock_of
from deploy.locking.resolved import Resolved, parse, unhashed
from deploy.locking.uv import NotResolvedError, compile_lock
from deploy.manifest.inputs import Inputs
from deploy.plan import Plan

NAME = "requirements.lock"
_FROM = "# From: sha256:"
OF = "# Of: "  # a sha256 and a path, in a line for each file; `bin/pre_compile` reads it
MADE = "# Made by `python -m deploy`"
_BUILT = "# No wheel, built on the host: "


@dataclass(frozen=True, slots=True)
class Lock:
    """What is known of the manifest. `text` None: no lock is written, and `source` says why.

    `resolved` None: nothing was resolved. `wheels_seen`: whether wheels were looked for.
    """

    path: str | None
    text: str | None
    source: str
    resolved: Resolved | None = None
    wheels_seen: bool = False
    without_wheel: tuple[str, ...] = ()
    failed: bool = False  # a lock would be right, and could not be made


NOT_ASKED = Lock(None, None, "none: not looked for")


def path_of(manifest: str) -> str:
    return posixpath.join(posixpath.dirname(manifest), NAME)


def find_lock(
    plan: Plan,
    inputs: Inputs | None,
    there: str | None,
    *,
    ask: bool,
    other: Resolved | None = None,
) -> Lock:
    """The lock of a plan: `there`, the one that is written already, where it is of this manifest.

    Not `ask`: nothing new is resolved. `other` is what the lock of another tool installs.
    """
    manifest = plan.manifest.value
    if other is not None:
        return Lock(None, None, f"none: {lock_of(manifest)} is a lock itself", other)
    if inputs is None:
        kind = f"{manifest} is no requirements file" if manifest else "there is no manifest"
        return Lock(None, None, f"none: {kind}", failed=manifest is not None)
    if inputs.hashed:
        resolved = parse(inputs.files[inputs.manifest])
        return Lock(None, None, f"none: {manifest} has hashes itself", resolved)
    path, digest = path_of(inputs.manifest), digest_of(inputs, plan.python.value)
    if there is not None and _head(inputs, digest) in there:
        built = _built(there)
        return Lock(path, there, f"written for this {manifest}", parse(there), True, built)
    if not ask:
        why = f"{path} is of another {manifest}" if there else f"there is no {path}"
        return Lock(None, None, f"none: {why}")
    return _made(plan, inputs, path, digest)


def _made(plan: Plan, inputs: Inputs, path: str, digest: str) -> Lock:
    try:
        pins, without = compile_lock(inputs, plan.python.value)
    except NotResolvedError as error:
        seen = error.without_wheel
        return Lock(None, None, f"none: {error}", None, bool(seen), seen, failed=True)
    resolved = parse(pins)
    if loose := sorted(unhashed(pins)):
        said = f"none: {', '.join(loose)} is from no index, and has no hash"
        return Lock(None, None, said, resolved, True, without, failed=True)
    text = _text(plan, inputs, digest, pins, without)
    return Lock(
        path, text, f"{len(resolved.versions)} packages, resolved now", resolved, True, without
    )


def _text(plan: Plan, inputs: Inputs, digest: str, pins: str, without: tuple[str, ...]) -> str:
    lines = [
        f"{MADE}: what {inputs.manifest} installs on Linux with Python"
        f" {_minor(plan.python.value)}. It is made again when that changes.",
        *_head(inputs, digest).splitlines(),
        *([f"{_BUILT}{' '.join(without)}"] if without else []),
        *inputs.indexes,
    ]
    return "\n".join(lines) + "\n" + pins


def _head(inputs: Inputs, digest: str) -> str:
    """The lines that say what a lock is made of."""
    lines = (f"{OF}{found}  {path}" for path, found in inputs.sums.items())
    return "\n".join([f"{_FROM}{digest}", *lines]) + "\n"


def _built(text: str) -> tuple[str, ...]:
    lines = (line for line in text.splitlines() if line.startswith(_BUILT))
    return tuple(next(lines, "").removeprefix(_BUILT).split())


def digest_of(inputs: Inputs, python: str) -> str:
    """sha256 of the Python and of each file with its path."""
    found = hashlib.sha256(f"python {_minor(python)}\n".encode())
    for path, text in sorted(inputs.files.items()):
        found.update(f"{path}\0{text}\0".encode())
    return found.hexdigest()


def _minor(python: str) -> str:
    return ".".join(python.split(".")[:2])
