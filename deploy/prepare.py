"""The plan with what is done to the manifest: a server added where asked for, and a lock."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from deploy.finding.plan import find_plan
from deploy.locking.lock import Lock, find_lock, path_of
from deploy.locking.others import read_other
from deploy.manifest.inputs import Inputs, read_inputs
from deploy.manifest.server import FLAG, Edit, add_server, locked_by, pinned
from deploy.plan import Found, Plan
from deploy.repository import Repository
from vectorstore.commandline import CommandError


@dataclass(frozen=True, slots=True)
class Prepared:
    """`edits` are files beside those of a platform: the manifest, and its lock."""

    plan: Plan
    lock: Lock
    edits: tuple[Edit, ...]


def prepare(
    repository: Repository, out: Path | None = None, *, server: bool = False, ask: bool = True
) -> Prepared:
    """The plan of a repository. `ask`: resolve what is not locked yet. Raises CommandError."""
    plan, out = find_plan(repository), out or repository.root
    edits = {edit.path: edit for edit in _servers(plan, repository, out)} if server else {}
    plan = _with_servers(plan, edits)
    inputs = read_inputs(
        repository, plan.manifest.value, {path: edit.after for path, edit in edits.items()}
    )
    before = _there(repository, out, path_of(inputs.manifest)) if inputs else None
    other = read_other(repository, plan.manifest.value, plan.python.value)
    lock = find_lock(plan, inputs, before.decode() if before else None, ask=ask, other=other)
    plan = replace(plan, lock=Found(lock.path, lock.source), reads=_reads(inputs, lock))
    if lock.path and lock.text:
        said = f"locks what {plan.manifest.value} installs, {lock.source}"
        edits[lock.path] = Edit(lock.path, before or b"", lock.text.encode(), said)
    return Prepared(plan, lock, tuple(edits.values()))


def _reads(inputs: Inputs | None, lock: Lock) -> Found[tuple[str, ...]]:
    if inputs is None:
        return Found((), "all: the manifest is no requirements file")
    if inputs.local:
        return Found((), f"all: {inputs.manifest} names a path")
    return Found((lock.path,) if lock.path else tuple(inputs.files), "the installation")


def _servers(plan: Plan, repository: Repository, out: Path) -> Iterator[Edit]:
    manifest = plan.manifest.value
    for name in plan.needs.value:  # the one program that the command begins with
        data = _there(repository, out, manifest) if manifest else None
        if manifest is None or data is None:
            raise CommandError(f"{FLAG}: no manifest is there to add {pinned(name)} to.")
        command = locked_by(repository.root / Path(manifest).parent, name)
        if command:
            raise CommandError(f"{FLAG}: a lock says what is installed. Run `{command}`.")
        yield add_server(manifest, data, name)


def _with_servers(plan: Plan, edits: Mapping[str, Edit]) -> Plan:
    """Nothing is missing any more, and where the line came from is said."""
    if not edits:
        return plan
    said = "; ".join(f"{FLAG} {edit.said}" for edit in edits.values())
    return replace(
        plan,
        needs=Found((), said),
        manifest=Found(plan.manifest.value, f"{plan.manifest.source}; {said}"),
    )


def _there(repository: Repository, out: Path, path: str) -> bytes | None:
    file = out / path
    return file.read_bytes() if file.is_file() else repository.data(path)
