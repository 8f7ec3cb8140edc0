"""One app of a repository, as a host has to know it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Literal

Made = Literal["module", "factory", "main", "script"]
PORT = "$PORT"


@dataclass(frozen=True, slots=True)
class ServedApp:
    """An app that somebody starts. All paths are below the repository.

    `made` says how a server gets the app object: `module` (a variable at the top of the module),
    `factory` (a function without arguments returns it), `main` (only `python FILE` makes it) or
    `script` (the file itself is the app).
    """

    framework: str
    path: PurePosixPath
    line: int
    made: Made
    name: str | None  # the variable or the factory
    folder: PurePosixPath  # from which its modules are imported
    manifest: PurePosixPath | None = None  # what is installed for it
    command: str = ""
    launched_by: str | None = None  # "Procfile:1"; None: the command is our proposal
    launched_in: PurePosixPath | None = None  # where it runs the command; None: in `folder`
    port: str | int | None = None  # "$PORT", a number that the code fixes, None: it listens to none
    local: tuple[str, ...] = ()  # where its own call listens on 127.0.0.1 alone: `addresses`
    health: str | None = None  # a path that answers 200 when the app is up
    missing: tuple[str, ...] = ()  # what the command needs and the manifest does not name

    @property
    def module(self) -> str:
        """The dotted name of the file, seen from `folder`."""
        inside = self.path.is_relative_to(self.folder)
        parts = (self.path.relative_to(self.folder) if inside else self.path).with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)

    @property
    def runs_in(self) -> PurePosixPath:
        """Where the command is run."""
        return self.folder if self.launched_in is None else self.launched_in

    @property
    def target(self) -> str | None:
        """`module:name` as a server takes it; None for what has no name."""
        return f"{self.module}:{self.name}" if self.name else None

    @property
    def script(self) -> str:
        """The file, seen from `folder`."""
        inside = self.path.is_relative_to(self.folder)
        return str(self.path.relative_to(self.folder) if inside else self.path)

    def as_json(self) -> dict[str, Any]:
        """The app in `migrate.json`."""
        return {
            "framework": self.framework,
            "path": str(self.path),
            "line": self.line,
            "made": self.made,
            "object": self.target,
            "folder": str(self.folder),
            "runs_in": str(self.runs_in),
            "manifest": str(self.manifest) if self.manifest else None,
            "command": self.command,
            "launched_by": self.launched_by,
            "port": self.port,
            "local": list(self.local),
            "health": self.health,
            "missing": list(self.missing),
        }
