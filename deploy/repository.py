"""The files of a repository as a host gets them."""

from __future__ import annotations

import os
import subprocess
from functools import cached_property
from pathlib import Path, PurePosixPath

from deploy.manifest.encoding import decode
from vectorstore.commandline import CommandError

# Made or installed by tools, wherever they lie.
LEFT_OUT = {".git", ".venv", "venv", "node_modules", "__pycache__", ".cache", "build", "dist"}
NOT_SERVED = {"tests", "test", "examples", "docs"}
ENVIRONMENT_FILES = {".env.example", ".env.sample", ".env.template", "env.example", "example.env"}


class Repository:
    """A folder, usually a git checkout."""

    def __init__(self, root: Path) -> None:
        if not root.is_dir():
            raise CommandError(f"{root} is not a folder. Name the repository to deploy.")
        self.root = root.resolve()

    @cached_property
    def committed(self) -> list[PurePosixPath]:
        """What git has, and so what is pushed; before the first `git add` what that would take.

        Without git all files.
        """
        names = self._git()
        if not names and names is not None:
            names = self._git("--others", "--exclude-standard")
        if names is None:
            return self._walked(left_out=frozenset({".git"}))
        return sorted(PurePosixPath(name) for name in names)

    def _git(self, *options: str) -> list[str] | None:
        """The files that git lists; None where there is no git."""
        done = subprocess.run(
            ["git", "-C", str(self.root), "ls-files", "-z", *options, "--", "."],
            capture_output=True,
            stdin=subprocess.DEVNULL,
        )
        if done.returncode:
            return None
        return done.stdout.decode("utf-8", "replace").split("\0")[:-1]

    @cached_property
    def present(self) -> list[PurePosixPath]:
        """The files on this machine, without environments and caches."""
        return self._walked(left_out=frozenset(LEFT_OUT))

    @cached_property
    def served(self) -> list[PurePosixPath]:
        """Those of them that are neither tests nor examples."""
        return [path for path in self.present if not NOT_SERVED.intersection(path.parts)]

    def text(self, path: str | PurePosixPath) -> str | None:
        """The content of a text file, its lines ended by \\n; None when there is none."""
        data = self.data(path)
        return None if data is None else "\n".join(decode(data).text.split("\r\n"))

    def data(self, path: str | PurePosixPath) -> bytes | None:
        """The content of a file; None when there is none."""
        file = self.root / path
        return file.read_bytes() if file.is_file() else None

    def _walked(self, left_out: frozenset[str]) -> list[PurePosixPath]:
        found = []
        for folder, folders, files in os.walk(self.root):
            folders[:] = [name for name in folders if name not in left_out]
            inside = PurePosixPath(Path(folder).relative_to(self.root).as_posix())
            found += [inside / name for name in files]
        return sorted(found)
