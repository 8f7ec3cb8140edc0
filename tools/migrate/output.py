"""Writes a converted copy of a repository into a folder of its own."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from tools.limits.content import file_sha256
from tools.migrate.commit import scratch_beside
from tools.migrate.project import Project
from tools.migrate.result import Note
from tools.migrate.secret_values import is_private_key, is_secret_file
from tools.migrate.tree import MARKER, NOT_SOURCE
from vectorstore.commandline import CommandError, Exit

SCHEMA = 1
# Running the copy makes these anew: they are no one's work.
CACHES = frozenset(["__pycache__", ".mypy_cache", ".pytest_cache", ".ruff_cache"])


def commit_to(project: Project, out: Path) -> None:
    """Make `out` the converted copy: the repository's own files without history or environments.

    `out` must be new, empty, or an earlier output that nobody has changed since. It is there as a
    whole or stays as it was. Files with secrets (`.env`) are not copied; that is noted. Raises
    CommandError.
    """
    out = out.absolute()
    check_output(project.root, out)
    try:
        scratch = scratch_beside(out)
    except OSError as error:
        raise CommandError(f"{out} cannot be written: {error}. Choose another folder.") from error
    old = scratch.with_name(f"{scratch.name}.old")
    try:
        _fill(project, scratch)
        scratch.chmod(project.root.stat().st_mode)
        try:
            if out.exists():
                out.rename(old)
            scratch.rename(out)
        except BaseException:
            if old.exists() and not out.exists():
                old.rename(out)
            raise
        shutil.rmtree(old, ignore_errors=True)
    except OSError as error:
        raise CommandError(f"{out} cannot be written: {error}. It is as it was before.") from error
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def check_output(root: Path, out: Path) -> None:
    """Raise CommandError unless `out` can become the output without a loss."""
    if out.resolve().is_relative_to(root.resolve()) and not _ignorable(root, out):
        raise CommandError(f"{out} is inside the repository {root}: choose a folder outside of it.")
    if root.resolve().is_relative_to(out.resolve()):
        raise CommandError(f"{out} holds the repository {root}: choose another folder.")
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return
    try:
        marker = json.loads((out / MARKER).read_text(encoding="utf-8"))
        written, links = dict(marker["files"]), dict(marker.get("links", {}))
    except (OSError, ValueError, KeyError, TypeError):
        raise CommandError(
            f"{out} is there and is not an output of this command: choose another folder, or remove"
            " it."
        ) from None
    changed = sorted(_changed_since(out, written, links))
    if changed:
        more = f" and {len(changed) - 3} more" if len(changed) > 3 else ""
        raise CommandError(
            f"{out} was changed since it was written ({', '.join(changed[:3])}{more}): nothing was"
            " written, so that nothing of yours is lost. Choose another --out, or move what you want"
            " to keep, remove the folder, and run this again.",
            Exit.NO,
        )


def _is_secret(project: Project, path: PurePosixPath) -> bool:
    if path in project.staged() or path in project.copied():
        return False
    return is_secret_file(path) or is_private_key(project.root / path)


def _fill(project: Project, folder: Path) -> None:
    written: dict[str, str] = {}
    copied = project.copied()
    staged = project.staged()
    for path in project.paths():
        if _is_secret(project, path):
            message = "holds secrets: not copied. Set them in the host's own settings"
            project.note(Note("project", "warning", str(path), None, message))
            continue
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        source = copied.get(path, project.root / path)
        if path in staged:
            target.write_bytes(project.read(path))
            if source.exists():
                shutil.copymode(source, target)
        else:
            shutil.copy2(source, target)
        written[str(path)] = file_sha256(target)
    for link in project.tree.links:
        _copy_link(project.root, folder, link)
    copied_links = [link for link in project.tree.links if (folder / link).is_symlink()]
    marker = {
        "about": "made by fit512 (tools.migrate), which replaces this folder when nothing in it was"
        " changed; may be deleted",
        "schema": SCHEMA,
        "files": written,
        "links": {str(link): os.readlink(folder / link) for link in copied_links},
    }
    (folder / MARKER).write_text(json.dumps(marker, indent=1) + "\n", encoding="utf-8")


def _copy_link(root: Path, folder: Path, link: PurePosixPath) -> None:
    """Keep a link that stays inside the repository; leave out any other."""
    source = root / link
    if not source.is_symlink():
        return  # lies behind a linked folder, which is copied as a link itself
    inside = source.resolve().is_relative_to(root.resolve())
    if inside and not os.path.isabs(os.readlink(source)):
        target = folder / link
        target.parent.mkdir(parents=True, exist_ok=True)
        target.symlink_to(os.readlink(source))


def _changed_since(out: Path, written: dict[str, str], links: dict[str, str]) -> Iterator[str]:
    """What of `out` would be lost: changed, or not ours. A history or environment counts whole."""
    for folder, names, files in os.walk(out):
        here = Path(folder)
        for name in [*names, *files]:
            path = (here / name).relative_to(out).as_posix()
            if (here / name).is_symlink():
                if links.get(path) != os.readlink(here / name):
                    yield path
            elif name in files:
                if path != MARKER and written.get(path) != file_sha256(here / name):
                    yield path
            elif name in NOT_SOURCE - CACHES:
                yield f"{path}/"
        names[:] = [name for name in names if name not in NOT_SOURCE]


def _ignorable(root: Path, out: Path) -> bool:
    """Whether `out` lies where the repository keeps what is built, such as build/ or dist/."""
    parts = out.resolve().relative_to(root.resolve()).parts
    return bool(parts) and parts[0] in {"build", "dist", ".cache"}
