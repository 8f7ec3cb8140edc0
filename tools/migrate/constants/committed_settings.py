"""Settings that are committed beside the code: YAML, JSON, TOML, and .env."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import PurePosixPath

import yaml  # type: ignore[import-untyped]

from tools.migrate.constants.objects import NoFile, Opened, PathEnd, Unclear
from tools.migrate.project import Project
from tools.migrate.source import SourceError, decode

ENV = (".env",)
EXAMPLES = (".env.example", ".env.sample", ".env.template", "env.example", "example.env")
VARIABLE = re.compile(
    r"""^\s*(?:export\s+)?(\w+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^#\r\n]*?))\s*(?:\#.*)?$"""
)


def opened(project: Project, path: PurePosixPath, named: object) -> Opened:
    """The committed file that code of `path` opens by that name."""
    if isinstance(named, Opened):
        return named
    text = named.text if isinstance(named, PathEnd) else named
    if not isinstance(text, str):
        raise Unclear("which file is opened cannot be told")
    for base in (project.app_root(path), PurePosixPath("."), path.parent):
        place = _normal(base / text.replace("\\", "/"))
        if place is not None and project.exists(place):
            return Opened(place)
    end = tuple(part for part in PurePosixPath(text).parts if part not in (".", ".."))
    fitting = [p for p in project.paths() if end and p.parts[-len(end) :] == end]
    if len(fitting) != 1:
        raise NoFile(f"{text or 'the file that is opened'} is not in the repository")
    return Opened(fitting[0])


def contents(project: Project, file: Opened) -> object:
    """What a YAML, JSON or TOML file holds."""
    try:
        text = decode(project.read(file.path)).text
        if file.path.suffix in (".yaml", ".yml"):
            return yaml.safe_load(text)
        return json.loads(text) if file.path.suffix == ".json" else tomllib.loads(text)
    except (SourceError, ValueError, yaml.YAMLError, RecursionError) as error:
        raise Unclear(f"{file.path} cannot be read: {type(error).__name__}") from None


def environment(
    project: Project, path: PurePosixPath, name: str, files: tuple[str, ...]
) -> str | None:
    """The value of a variable in a committed .env that code of `path` would load."""
    for folder in dict.fromkeys((path.parent, project.app_root(path), PurePosixPath("."))):
        for file in files:
            if project.exists(folder / file):
                values = dict(_variables(project.read(folder / file)))
                if values.get(name):
                    return values[name]
    return None


def _variables(data: bytes) -> Iterator[tuple[str, str]]:
    try:
        text = decode(data).text
    except SourceError:
        return
    for line in text.splitlines():
        match = VARIABLE.match(line)
        if match:
            yield match[1], next((value for value in match.groups()[1:] if value), "")


def _normal(path: PurePosixPath) -> PurePosixPath | None:
    """The path without `..`; None when it leads out of the repository."""
    parts: list[str] = []
    for part in path.parts:
        if part == "..":
            if not parts:
                return None
            parts.pop()
        else:
            parts.append(part)
    return None if path.is_absolute() else PurePosixPath(*parts)
