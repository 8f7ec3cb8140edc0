"""requirements-torch.txt: what the scripts outside the served app need beside requirements.txt."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from tools.migrate.requirements.distributions import is_torch
from tools.migrate.requirements.files import MARK, TORCH_FILE, is_ours
from tools.migrate.requirements.resolve import Resolution, ResolveError
from tools.migrate.requirements.uses import Use

if TYPE_CHECKING:
    from tools.migrate.requirements.change import Change


def stage_torch_file(change: Change, final: Resolution | None) -> None:
    """Write the file when lines went that scripts outside the app need, and say so by script."""
    users = _users(change)
    if not (change.gone and users):
        return
    path = change.main.path.parent / TORCH_FILE
    for use in users:
        run = f"run it after `pip install -r {path}`"
        change.note("kept", (use.path, use.line), f"needs torch ({use.what}), is not served: {run}")
    if change.project.exists(path) and not is_ours(change.project, path):
        change.note("warning", (path, None), "was there already and is left alone; the scripts that need torch need its lines")  # fmt: skip
        return
    packages = _packages(change, final)
    scripts = ", ".join(_on_one_line(use.path) for use in users)
    indexes = [change.line(place).code for place in sorted(change.case.torch_indexes(), key=str)]
    head = [f"{MARK} {scripts}", *indexes, f"-r {change.main.path.name}"]
    text = "\n".join([*head, *packages]) + "\n"
    change.project.write(path, text.encode())
    change.note("changed", (path, None), f"new, for {scripts}: {', '.join(packages)}")
    edit = change.edits[change.main.path]
    added = [line.partition(" \\")[0] for line in (*edit.here, *edit.end)]
    try:
        change.questions.after([*added, *packages], change.gone, change.replaced)
    except ResolveError as error:
        change.note("warning", (path, None), f"does not resolve; {error}")


def _on_one_line(path: PurePosixPath) -> str:
    """A file's name may hold a newline, which would begin a requirement."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in str(path))


def _users(change: Change) -> list[Use]:
    """The first use of torch in each script."""
    first: dict[object, Use] = {}
    for use in change.case.used:
        if use.needs_torch and not use.served:
            first.setdefault(use.path, use)
    return list(first.values())


def _packages(change: Change, final: Resolution | None) -> list[str]:
    """The removed lines that these scripts use, and what only those had brought them."""
    removed = {
        line.name: line.code
        for line in map(change.line, sorted(change.gone, key=str))
        if line.name and not line.name.startswith(("nvidia-", "triton"))
    }
    before = change.before
    if before is None:
        return list(removed.values())
    scripts = change.case.torch_scripts()
    used = {use.package for use in change.case.used if use.path in scripts} | {"torch"}
    kept = final.versions if final else change.case.names
    exact = change.style in ("pinned", "hashed")
    found = {
        name: f"{name}=={before.versions[name]}" if exact else name
        for name in sorted(used)
        if name in before and name not in kept
    }
    # Parts of torch that were chosen by hand keep their versions too.
    found.update((name, code) for name, code in removed.items() if name in found or is_torch(name))
    return list(found.values())
