"""The formats of generated files: each parses a text and writes it back with all else it holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from deploy.formats import json_file, lines, procfile, text, toml_file, yaml_file


@dataclass(frozen=True)
class Format:
    """`parse` gives a mapping that can be edited; `dump(document, original)` writes it back."""

    parse: Callable[[str], Any]
    dump: Callable[[Any, str], str]


FORMATS: Mapping[str, Format] = {
    "json": Format(json_file.parse, json_file.dump),
    "lines": Format(lines.parse, lines.dump),
    "procfile": Format(procfile.parse, procfile.dump),
    "text": Format(text.parse, text.dump),
    "toml": Format(toml_file.parse, toml_file.dump),
    "yaml": Format(yaml_file.parse, yaml_file.dump),
}
