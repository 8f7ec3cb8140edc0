"""`budget.toml`: how much memory an app may take. Every key has a line that a verdict can name."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tools.limits import parse_mib
from tools.profile.result import STAGES
from vectorstore.commandline import CommandError

DEFAULT = """\
[budget]
limit = "512MiB"
fail = 0.8 # share of the limit; hosts have killed what passed at 97 % elsewhere
warn = 0.7
growth = "8MiB" # allowed above the baseline
baseline = "reports/profile.json"
"""
_TABLE = re.compile(r"\s*\[\s*([\w-]+)\s*\]")
_KEY = re.compile(r"""\s*["']?([\w.-]+)["']?\s*=""")
_SHARE = re.compile(r"(\d+(?:\.\d+)?)\s*%")


@dataclass(frozen=True)
class Growth:
    """How much more than the baseline is allowed: MiB, or a share of the baseline."""

    mib: float | None = None
    share: float | None = None

    def allowed_mib(self, baseline_mib: float) -> float:
        more = baseline_mib * (self.share or 0.0) if self.mib is None else self.mib
        return baseline_mib + more


@dataclass(frozen=True)
class Budget:
    """Amounts in MiB; `lines` has the line of each key, named `table.key`.

    A package of 0 MiB must not be there.
    """

    file: Path
    limit_mib: float = 512.0
    fail: float = 0.8
    warn: float = 0.7
    growth: Growth | None = None
    baseline: Path | None = None
    stages: Mapping[str, float] = field(default_factory=dict)
    packages: Mapping[str, float] = field(default_factory=dict)
    allocations: Mapping[str, float] = field(default_factory=dict)
    lines: Mapping[str, int] = field(default_factory=dict)

    @property
    def fail_mib(self) -> float:
        return self.limit_mib * self.fail

    @property
    def warn_mib(self) -> float:
        return self.limit_mib * self.warn

    def where(self, key: str) -> str:
        """`budget.toml:3`; of an inline table its line, of a default that of `limit`."""
        table = key.partition(".")[0]
        inline = self.lines.get(table) if table != "budget" else None
        line = self.lines.get(key) or inline or self.lines.get("budget.limit")
        return f"{self.file}:{line}" if line else str(self.file)


def read_budget(file: Path) -> Budget:
    """Raises CommandError with the line of what is wrong."""
    try:
        text = file.read_text("utf-8")
    except FileNotFoundError as error:
        raise CommandError(
            f"{file}: is not there. A budget looks like this:\n\n{DEFAULT}"
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{file}: cannot be read: {error}.") from error
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise CommandError(f"{file}: is no TOML: {error}.") from error
    return _Reader(file, tables, _lines(text)).budget()


def _lines(text: str) -> dict[str, int]:
    found, table = {}, ""
    for number, line in enumerate(text.splitlines(), 1):
        header, key = _TABLE.match(line), _KEY.match(line)
        if header:
            table = header[1]
            found[table] = number
        elif key:
            found[f"{table}.{key[1]}" if table else key[1]] = number
    return found


class _Reader:
    def __init__(self, file: Path, tables: Mapping[str, Any], lines: Mapping[str, int]) -> None:
        self.file, self.tables, self.lines = file, tables, lines

    def budget(self) -> Budget:
        self._only("", self.tables, ("budget", "stages", "packages", "allocations"))
        for name, table in self.tables.items():
            if not isinstance(table, dict):
                raise self._wrong(name, f"is a table: write [{name}]")
        own = self.tables.get("budget", {})
        parsers: dict[str, tuple[str, Callable[[str, Any], Any]]] = {
            "limit": ("limit_mib", self._mib),
            "fail": ("fail", self._share),
            "warn": ("warn", self._share),
            "growth": ("growth", self._growth),
            "baseline": ("baseline", self._path),
        }
        self._only("budget", own, parsers)
        self._only("stages", self.tables.get("stages", {}), STAGES)
        known: dict[str, Any] = {
            name: parse(f"budget.{key}", own[key])
            for key, (name, parse) in parsers.items()
            if key in own
        }
        known["stages"] = self._amounts("stages", self._mib)
        known |= {
            name: self._amounts(name, self._mib_or_none) for name in ("packages", "allocations")
        }
        budget = Budget(self.file, **known, lines=self.lines)
        if budget.warn > budget.fail:
            raise self._wrong("budget.warn", "is above fail, so that nothing would warn")
        return budget

    def _amounts(self, table: str, parse: Callable[[str, Any], float]) -> dict[str, float]:
        given = self.tables.get(table, {})
        return {key: parse(f"{table}.{key}", value) for key, value in given.items()}

    def _only(self, table: str, given: Mapping[str, Any], known: Any) -> None:
        for key in given:
            if key not in known:
                raise self._wrong(
                    f"{table}.{key}" if table else key,
                    f"is not known here. Known are {', '.join(known)}",
                )

    def _mib_or_none(self, key: str, value: Any) -> float:
        """Nothing at all is an amount of a package: it must not be there."""
        return self._mib(key, value, none_at_all=True)

    def _mib(self, key: str, value: Any, none_at_all: bool = False) -> float:
        if not isinstance(value, str):
            raise self._wrong(key, f'is an amount in quotes with its unit, such as "{value}MiB"')
        try:
            return parse_mib(value, none_at_all)
        except CommandError as error:
            raise self._wrong(key, f"is wrong: {str(error).rstrip('.')}") from error

    def _share(self, key: str, value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 1:
            raise self._wrong(key, "is a share of the limit above 0 and at most 1, such as 0.8")
        return float(value)

    def _growth(self, key: str, value: Any) -> Growth:
        percent = _SHARE.fullmatch(value) if isinstance(value, str) else None
        return (
            Growth(share=float(percent[1]) / 100) if percent else Growth(mib=self._mib(key, value))
        )

    def _path(self, key: str, value: Any) -> Path:
        if not isinstance(value, str):
            raise self._wrong(key, "is the path of a profile in quotes")
        return self.file.parent / value

    def _wrong(self, key: str, what: str) -> CommandError:
        line = self.lines.get(key, self.lines.get(key.partition(".")[0]))
        where = f"{self.file}:{line}" if line else str(self.file)
        return CommandError(f"{where}: {key} {what}.")
