"""The same table for every host."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def rows(
    played: Mapping[str, Any], size_name: str, size_limit_mb: float | None
) -> list[tuple[str, str]]:
    """(what, how it went) of one host, from its JSON."""
    python = played["python"]
    notes = [("note", note) for note in played["notes"]]
    return [
        ("python", _python(python["asked"], python["used"])),
        (size_name, _size(played, size_limit_mb)),
        ("network", played["network"]),
        ("limit", f"{played['limit_mib']:g} MiB, {played['enforcement'] or 'not reached'}"),
        ("ready", _number(played["ready_s"], "s")),
        ("health check", _seen(played, "health", "an open port is enough")),
        ("a question", played["session"] or _seen(played, "chat", "no /chat, or asked otherwise")),
        ("peak working set", _number(played["working_set_mib"], "MiB")),
        ("peak RSS", _number(played["rss_mib"], "MiB")),
        ("stopped after", f"{_number(played['stop_s'], 's')} of {played['grace_s']:g} s"),
        *notes,
        ("verdict", played["error"] or "ok"),
    ]


def text(name: str, found: Sequence[tuple[str, str]]) -> str:
    widest = max(len(what) for what, _ in found)
    return "\n".join([name, *(f"  {what:<{widest}}  {how}" for what, how in found)])


def _seen(played: Mapping[str, Any], name: str, none: str) -> str:
    """A status; `none` stands for it in an app that came up and was asked for no such thing."""
    if played[name] is not None:
        return str(played[name])
    return none if played["ready_s"] is not None else "not reached"


def _python(asked: str, used: str | None) -> str:
    if used is None:
        return f"{asked}, not reached"
    same = used == asked or used.startswith(f"{asked}.")
    return used if same else f"{used}: {asked} is not installed here, this is the nearest"


def _size(played: Mapping[str, Any], limit_mb: float | None) -> str:
    installed, checkout = played["installed_mib"], played["checkout_mib"]
    if installed is None:
        return "not built"
    most = f" of {limit_mb:g} MB" if limit_mb else ""
    parts = f"{installed:.0f} installed, {checkout:.0f} checkout"
    if played["packed_mib"] is not None:
        return f"{played['packed_mib']:.0f} MiB{most}, packed without Python itself ({parts})"
    return f"{installed + checkout:.0f} MiB{most} ({parts})"


def _number(value: float | None, unit: str) -> str:
    return "not reached" if value is None else f"{value:.1f} {unit}"
