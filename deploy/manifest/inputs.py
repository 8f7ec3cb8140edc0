"""A requirements file with all that it includes, as text."""

from __future__ import annotations

import hashlib
import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from deploy.manifest.encoding import decode
from deploy.repository import Repository

_INCLUDED = re.compile(r"^\s*(?:-r|-c|--requirement|--constraint)[ =]*([^\s#]+)", re.MULTILINE)
_CONSTRAINT = re.compile(r"^\s*(?:-c|--constraint)[ =]*([^\s#]+)", re.MULTILINE)
_INDEX = re.compile(
    r"^\s*((?:-i|-f|--index-url|--extra-index-url|--find-links|--no-index)\b[^#\n]*)", re.MULTILINE
)
_LOCAL = re.compile(
    r"^\s*(?:\.|/|file:|(?:-e|--editable|-f|--find-links)\b[ =]*+(?!\S*https?:)"
    r"|[^#\n]*@\s*(?:file:|[./]))",
    re.MULTILINE,
)
_HASH = re.compile(r"--hash[=\s]")


@dataclass(frozen=True, slots=True)
class Inputs:
    """`files` is path -> text, the manifest first; `sums` is path -> sha256 of the bytes without CR.

    Git may give the host other line ends than this machine has.
    """

    manifest: str
    files: Mapping[str, str]
    sums: Mapping[str, str] = field(default_factory=dict)

    @property
    def hashed(self) -> bool:
        """Whether pip would install only what has a hash here."""
        return bool(_HASH.search(self.files[self.manifest]))

    @property
    def asking(self) -> list[str]:
        """The files that ask for packages: a constraint limits versions and asks for none."""
        limits = {p for f, text in self.files.items() for p in _named(f, text, _CONSTRAINT)}
        return [path for path in self.files if path not in limits]

    @property
    def local(self) -> bool:
        """Whether a folder or file of the repository is installed, or searched."""
        return any(_LOCAL.search(text) for text in self.files.values())

    @property
    def indexes(self) -> list[str]:
        """The lines that say where packages come from."""
        texts = self.files.values()
        return list(dict.fromkeys(m[1].strip() for text in texts for m in _INDEX.finditer(text)))


def read_inputs(
    repository: Repository, manifest: str | None, edited: Mapping[str, bytes]
) -> Inputs | None:
    """None where there is no requirements file; `edited` is what is about to be written."""
    if manifest is None or not manifest.endswith((".in", ".txt")):
        return None
    files: dict[str, str] = {}
    sums: dict[str, str] = {}
    waiting = [manifest]
    for path in waiting:
        data = edited.get(path) or repository.data(path)
        if path in files or data is None:
            continue
        files[path] = text = "\n".join(decode(data).text.splitlines()) + "\n"
        sums[path] = hashlib.sha256(data.replace(b"\r", b"")).hexdigest()
        waiting += _named(path, text, _INCLUDED)
    return Inputs(manifest, files, sums) if manifest in files else None


def _named(path: str, text: str, pattern: re.Pattern[str]) -> list[str]:
    """The files that the one at `path` names, from its own folder, as paths below the repository."""
    folder = posixpath.dirname(path)
    return [posixpath.normpath(posixpath.join(folder, name)) for name in pattern.findall(text)]
