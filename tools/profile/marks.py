"""The stages of one run: which files are opened, where it listens, what it answers, what it tells.

A stage ends where the next one begins: `imports` at the first file of a model or a store, `model` and
`store` at the first file of the other or when the app is ready. An app that tells of these three ends
is believed, since a file may be opened long before it is read, and by another process.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tools.limits import Limited, Reading
from tools.profile.kinds import Kind, kind
from tools.profile.told import TOLD


@dataclass(frozen=True, slots=True)
class Mark:
    """The process tree at a moment: `at_ms` since the command began, `seen` by what."""

    at_ms: float
    reading: Reading
    seen: str = ""


class Marks:
    """Takes a reading at each moment that ends or begins a stage, once."""

    def __init__(self) -> None:
        self._app: Limited | None = None
        self._marks: dict[str, Mark] = {}
        self._told: dict[str, Mark] = {}
        self._taking = threading.Lock()
        self.sources: set[Path] = set()
        self.data: dict[Path, Kind] = {}
        self.restless = False  # its processes never came to rest, so more may have loaded later

    def begin(self, app: Limited) -> None:
        self._app = app

    def opened(self, file: Path) -> None:
        """A file was opened: the first of a model or a store ends what was before."""
        found = kind(file)
        if found is Kind.SOURCE:
            self.sources.add(file)
        elif found is not None:
            self.data.setdefault(file, found)
            self.take(found, f"first open of {file.name}")

    def take(self, name: str, seen: str = "") -> None:
        """Read the tree now, unless that mark was taken already."""
        with self._taking:
            if self._app is not None and name not in self._marks:
                at_ms = (time.monotonic() - self._app.started_s) * 1000
                self._marks[name] = Mark(at_ms, self._app.read(), seen or _SEEN[name])

    def listened_for_others(self) -> None:
        """Forget when it listened: it did so for workers that came later, whose imports were to come."""
        with self._taking:
            self._marks.pop("listening", None)

    def told(self, stage: str, at_s: float) -> None:
        """The app says that a stage ended at a moment of the monotonic clock; the first time counts."""
        with self._taking:
            if self._app is not None and stage not in self._told:
                at_ms = (at_s - self._app.started_s) * 1000
                self._told[stage] = Mark(at_ms, self._app.read(), _TOLD)

    def stages(self) -> Mapping[str, Mark]:
        """Name of a stage -> its end, in the order in which they ended."""
        found = dict(self._told) or self._seen()
        found |= {name: mark for name, mark in self._marks.items() if name in _ENDS}
        return dict(sorted(found.items(), key=lambda item: item[1].at_ms))

    def _seen(self) -> dict[str, Mark]:
        """The ends of imports, model and store as they are seen from outside."""
        marks = self._marks
        loading = {name: marks[name] for name in (Kind.MODEL, Kind.STORE) if name in marks}
        ends = [
            marks[name] for name in ("ready", "workers", "first_request", "after") if name in marks
        ]
        begins = [*loading.values(), *([marks["listening"]] if "listening" in marks else []), *ends]
        found = {"imports": min(begins, key=_moment)} if begins else {}
        for name, begun in loading.items():
            later = [m for m in [*loading.values(), *ends] if m.at_ms > begun.at_ms]
            if later:
                found[name.value] = min(later, key=_moment)
        return found

    def reached(self, waited_for: str) -> str:
        """The stage that was under way when waiting for `waited_for` came to nothing."""
        if self._told and waited_for == "imports":
            return next((stage for stage in TOLD if stage not in self._told), "ready")
        loading = [name for name in self._marks if name in (Kind.MODEL, Kind.STORE)]
        return str(loading[-1]) if loading and waited_for == "imports" else waited_for


_ENDS = ("ready", "workers", "first_request", "load", "after")
_TOLD = "told by the app"
_SEEN = {
    "listening": "a port that listens",
    "ready": "first 200 on the ready path",
    "workers": "processes that neither grow nor work",
    "first_request": "first answer",
    "load": "last answer of the load",
    "after": "a second later",
}


def _moment(mark: Mark) -> float:
    return mark.at_ms
