"""Writes a project's changes to the disk: all of them, or none."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import tempfile
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from tools.migrate.project import Project
from vectorstore.commandline import CommandError


def commit_in_place(project: Project) -> None:
    """Write every staged change into the repository.

    Each file is replaced in one rename and keeps its mode. When anything fails, or the run is
    interrupted, every file is put back as it was. Raises CommandError.
    """
    transaction = _Transaction(project.root)
    try:
        transaction.prepare(project)
        transaction.switch()
    except OSError as error:
        lost = transaction.undo()
        kept = "every file is as it was before. Make it writable, then run this again."
        if lost:
            kept = f"not put back: {', '.join(lost)}. `git status` shows the state of all files."
        raise CommandError(
            f"{error.filename or project.root} cannot be written ({error.strerror}): {kept}"
        ) from error
    except BaseException:
        transaction.undo()
        raise
    transaction.close()


@dataclass
class _Transaction:
    root: Path
    _new: dict[Path, Path] = field(default_factory=dict)  # target -> temporary file beside it
    _gone: list[Path] = field(default_factory=list)
    _saved: dict[Path, Path] = field(default_factory=dict)  # target -> what was there
    _written: list[Path] = field(default_factory=list)
    _folders: list[Path] = field(default_factory=list)  # made by us, outermost first

    def prepare(self, project: Project) -> None:
        """Write all new content beside its target; nothing of the repository is touched yet."""
        for path, data in project.staged().items():
            target = self._target(path)
            if data is None:
                self._gone.append(target)
            else:
                self._beside(target).write_bytes(data)
        for path, source in project.copied().items():
            shutil.copyfile(source, self._beside(self._target(path)))

    def switch(self) -> None:
        """Put the new files in their places; what was there is kept until `close`."""
        for target in [*self._new, *self._gone]:
            if target.exists():
                saved = _temporary(target, "was")
                try:
                    _keep(target, saved)
                except BaseException:  # half a copy, which nothing may be put back from
                    saved.unlink(missing_ok=True)
                    raise
                self._saved[target] = saved
        for target, new in self._new.items():
            os.replace(new, target)
            self._written.append(target)
        for target in self._gone:
            target.unlink()

    def undo(self) -> list[str]:
        """Put everything back; returns what could not be, with the place of its old content."""
        lost = []
        for target, saved in self._saved.items():
            try:
                if saved.exists():
                    os.replace(saved, target)
                    # Two names of one file: then replace does nothing, and this one stays.
                    saved.unlink(missing_ok=True)
            except OSError:
                lost.append(f"{target} (its content is in {saved})")
        made = [*self._new.values(), *(t for t in self._written if t not in self._saved)]
        for path in made:
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)
        for folder in reversed(self._folders):
            with contextlib.suppress(OSError):
                folder.rmdir()
        return lost

    def close(self) -> None:
        for saved in self._saved.values():
            saved.unlink(missing_ok=True)

    def _target(self, path: PurePosixPath) -> Path:
        """The place of a path; no link on the way may lead out of the repository."""
        target = self.root / path
        for folder in reversed(target.relative_to(self.root).parents[:-1]):
            here = self.root / folder
            if here.is_symlink():
                raise CommandError(f"{here} is a link: nothing is written through it.")
            if not here.exists():
                here.mkdir()
                self._folders.append(here)
        if target.is_symlink():
            raise CommandError(f"{target} is a link: nothing is written through it.")
        return target

    def _beside(self, target: Path) -> Path:
        new = _temporary(target, "new")
        self._new[target] = new
        new.touch(exist_ok=False)
        if target.exists():
            new.chmod(stat.S_IMODE(target.stat().st_mode))
        return new


def _keep(target: Path, saved: Path) -> None:
    try:
        os.link(target, saved)
    except OSError:  # a file system without hard links
        shutil.copy2(target, saved)


def _temporary(target: Path, kind: str) -> Path:
    return target.with_name(f".{target.name}.fit512-{kind}-{os.getpid()}")


def scratch_beside(target: Path) -> Path:
    """A new empty folder beside `target`, on the same file system."""
    target.parent.mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
