"""The memory figures of `reports/profile.json`, if they are of this code."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.plan import Found, Profile
from tools.limits.content import content_sha256
from vectorstore.commandline import CommandError

FILE = "reports/profile.json"
SCHEMA = 1
LEAST_GAIN_MIB = 3.0  # what two runs of the same differ by


@dataclass(frozen=True, slots=True)
class Measured:
    """What deploy takes from a profile."""

    profile: Found[Profile]
    peak_mib: Found[float | None]
    malloc: Mapping[str, str]  # settings that gained something


def read_profile(root: Path) -> Measured:
    """Raises CommandError for a file that is no profile."""
    file = root / FILE
    if not file.is_file():
        return Measured(_state("not measured", f"no {FILE}"), Found(None, f"no {FILE}"), {})
    try:
        report: dict[str, Any] = json.loads(file.read_text("utf-8"))
        if report["schema"] != SCHEMA:
            raise CommandError(f"{file}: schema {report['schema']}, and {SCHEMA} is read here.")
        peak = report["peak"]["working_set_mib"]
        state = _state_of(root, report["content"])
        malloc = _malloc(report.get("malloc"))
    except (ValueError, KeyError, TypeError) as error:
        raise CommandError(
            f"{file} is not what `python -m tools.profile run` writes ({error!r}). Make it again."
        ) from error
    highest = round(peak["max"], 1) if peak else None
    return Measured(state, Found(highest, f"{FILE}: peak.working_set_mib.max"), malloc)


def _state_of(root: Path, content: Mapping[str, Any]) -> Found[Profile]:
    try:
        same = content_sha256(root, content["paths"]) == content["sha256"]
    except CommandError:  # one of the files is gone
        same = False
    return _state("measured" if same else "measured on other code", f"{FILE}: content.sha256")


def _state(profile: Profile, source: str) -> Found[Profile]:
    return Found(profile, source)


def _malloc(found: Mapping[str, Any] | None) -> dict[str, str]:
    """The settings of the single best one that gained more than noise."""
    settings = [s for s in (found or {}).get("settings", []) if s.get("gain_mib")]
    best = max(settings, key=lambda setting: setting["gain_mib"]["min"], default=None)
    if best is None or best["gain_mib"]["min"] < LEAST_GAIN_MIB:
        return {}
    pairs = (word.partition("=") for word in best["name"].split())
    return {name: value for name, equals, value in pairs if equals}
