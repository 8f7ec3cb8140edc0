"""The repository in memory: rules read and write here, nothing reaches the disk before the commit."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from pathlib import Path, PurePosixPath

from tools.limits.content import file_sha256
from tools.migrate.entrypoints import EntryPoint
from tools.migrate.graph import Graph
from tools.migrate.lines import lines_before
from tools.migrate.result import Note
from tools.migrate.secret_values import mask
from tools.migrate.torch_users import TorchUser, torch_users
from tools.migrate.tree import Tree, scan
from vectorstore.commandline import CommandError

RUNTIME = "fit512_runtime"  # the package that a converted repository gets


class Project:
    """The files of one repository, with the changes that the rules have staged.

    All paths are relative to `root`, with "/". Reading gives the staged state.
    """

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.root = tree.root
        self.notes: list[Note] = []
        # (rule, file) -> why that rule leaves the file: what its code would need cannot be installed
        self.undone: dict[tuple[str, PurePosixPath], str] = {}
        self._staged: dict[PurePosixPath, bytes | None] = {}
        self._copied: dict[PurePosixPath, Path] = {}
        self._code: dict[PurePosixPath, bytes] = {}  # every rule reads it again

    @classmethod
    def open(cls, root: Path) -> Project:
        """The repository at `root`. Raises CommandError when it is not a folder."""
        return cls(scan(root))

    def note(self, note: Note) -> None:
        """Add a note, once. It may quote the code, and shows no secret of it."""
        note = replace(note, message=mask(note.message))
        if note not in self.notes:
            self.notes.append(note)

    # Reading

    def paths(self) -> list[PurePosixPath]:
        """Every file, in the staged state, sorted. Environments and caches are left out."""
        present = {*self.tree.files, *self._staged, *self._copied}
        return sorted(path for path in present if self.exists(path))

    def exists(self, path: PurePosixPath) -> bool:
        if path in self._staged:
            return self._staged[path] is not None
        return path in self._copied or path in self._files

    def read(self, path: PurePosixPath) -> bytes:
        """The staged bytes of a file. Raises FileNotFoundError when there is none."""
        if path in self._staged:
            data = self._staged[path]
            if data is None:
                raise FileNotFoundError(path)
            return data
        if path in self._copied:
            return self._copied[path].read_bytes()
        data = self.original(path)
        if data is None:
            raise FileNotFoundError(path)
        return data

    def original(self, path: PurePosixPath) -> bytes | None:
        """The bytes of a file before any rule; None when there was none."""
        if path not in self._files:
            return None
        if path.suffix != ".py":
            return (self.root / path).read_bytes()
        if path not in self._code:
            self._code[path] = (self.root / path).read_bytes()
        return self._code[path]

    def original_line(self, path: PurePosixPath, line: int) -> int:
        """The line of the file as it was that became `line` of the staged file."""
        before = self.original(path)
        if before is None or path not in self._staged:
            return line
        return lines_before(before, self.read(path)).get(line, line)

    # Staging

    def write(self, path: PurePosixPath, data: bytes) -> None:
        """Stage new bytes; the bytes that the file had anyway are no change."""
        _check_path(path)
        self._copied.pop(path, None)
        if self.original(path) == data:
            self._staged.pop(path, None)
        else:
            self._staged[path] = data

    def delete(self, path: PurePosixPath) -> None:
        self._copied.pop(path, None)
        if path in self._files:
            self._staged[path] = None
        else:
            self._staged.pop(path, None)

    def move(self, path: PurePosixPath, to: PurePosixPath) -> None:
        self.write(to, self.read(path))
        self.delete(path)

    def add_folder(self, path: PurePosixPath, source: Path) -> None:
        """Stage a copy of every file of `source` below `path`, without reading them into memory.

        Raises CommandError when another file of one of these names is there.
        """
        for file in sorted(source.rglob("*")):
            if file.is_file():
                self._add_file(path / file.relative_to(source).as_posix(), file)

    def _add_file(self, path: PurePosixPath, source: Path) -> None:
        _check_path(path)
        if path in self._files:
            if file_sha256(self.root / path) == file_sha256(source):
                return
            raise CommandError(
                f"{self.root / path} is in the way: a file of that name has to be added, and this is"
                " another one. Rename it, then run this again."
            )
        self._copied[path] = source

    def start_again(self) -> None:
        """Forget what was staged and noted."""
        self.notes.clear()
        self._staged.clear()
        self._copied.clear()

    def staged(self) -> dict[PurePosixPath, bytes | None]:
        """What differs from the disk: new bytes, or None for a file to delete."""
        return dict(self._staged)

    def copied(self) -> dict[PurePosixPath, Path]:
        """What `add_folder` adds: path -> the file it is copied from."""
        return dict(self._copied)

    def edited(self) -> list[PurePosixPath]:
        """The files that were there and get other bytes."""
        return [p for p, data in self._staged.items() if data is not None and p in self._files]

    def added(self) -> list[PurePosixPath]:
        new = [p for p, data in self._staged.items() if data is not None and p not in self._files]
        return [*new, *self._copied]

    def deleted(self) -> list[PurePosixPath]:
        return [p for p, data in self._staged.items() if data is None]

    def untouched(self) -> list[PurePosixPath]:
        """The Python files that no rule changed or had anything to say about."""
        named = {note.path for note in self.notes}
        return [p for p in self.python() if p not in self._staged and str(p) not in named]

    @property
    def changed(self) -> bool:
        return bool(self._staged or self._copied)

    # What the code is

    def python(self) -> list[PurePosixPath]:
        """The repository's own Python files: without vendored ones and our runtime's copies."""
        return [
            path
            for path in self.paths()
            if path.suffix == ".py"
            and path not in self.tree.vendored
            and RUNTIME not in path.parts[:-1]
        ]

    def notebooks(self) -> list[PurePosixPath]:
        return [path for path in self.paths() if path.suffix == ".ipynb"]

    @cached_property
    def graph(self) -> Graph:
        """Who imports whom, and what is served: read from the files as they were."""
        sources = {path: self.original(path) or b"" for path in self.python()}
        texts = {path: self.original(path) or b"" for path in self.tree.files if _launches(path)}
        return Graph(sources, texts)

    def entry_points(self) -> list[EntryPoint]:
        return self.graph.entry_points

    def served(self) -> frozenset[PurePosixPath]:
        """The Python files reachable by imports from the entry points."""
        return self.graph.served

    def app_root(self, path: PurePosixPath) -> PurePosixPath:
        """The folder that is sys.path[0] for the app or script that `path` belongs to."""
        return self.graph.root_of(path)

    def torch_users(self) -> list[TorchUser]:
        """What still imports torch or what needs it, in the staged state."""
        return torch_users(self)

    @cached_property
    def _files(self) -> frozenset[PurePosixPath]:
        return frozenset(self.tree.files)


def _check_path(path: PurePosixPath) -> None:
    if path.is_absolute() or ".." in path.parts:
        raise ValueError(f"{path} is not below the repository")


def _launches(path: PurePosixPath) -> bool:
    """Whether a file of that name may say how the app is started."""
    name = path.name.lower()
    if any(part.startswith(".") for part in path.parts):
        return False  # workflows and tools' settings run scripts, but serve nothing
    return name.startswith(("procfile", "dockerfile", "docker-compose", "compose.")) or (
        path.suffix in {".sh", ".yaml", ".yml", ".toml", ".json", ".bat", ".ps1"}
        and name not in {"package-lock.json", "poetry.lock"}
        and len(path.parts) <= 3
    )
