"""The tables of docs/deploy.md that reports/rehearse.json is shown by."""

from __future__ import annotations

from typing import Any

from blocks import report

HEAD = (
    "host",
    "Python",
    "built MiB",
    "ready s",
    "health",
    "a question",
    "peak MiB",
    "RSS MiB",
    "stop s",
    "verdict",
)


def tables() -> str:
    """An app in a table, each host in a row."""
    return "\n\n".join(map(_table, report("rehearse")["apps"]))


def _table(app: dict[str, Any]) -> str:
    lines = [" | ".join(HEAD), " | ".join("---" for _ in HEAD)]
    lines += [" | ".join(map(str, _cells(host))) for host in app["hosts"]]
    name = app["repository"] or app["name"]
    lock = "its lock" if app["lock"] else "its manifest"
    title = (
        f"**{name}** ({app['framework']}), installed from {lock}, started by `{app['command']}`:"
    )
    return "\n".join([title, "", *(f"| {line} |" for line in lines)])


def _cells(host: dict[str, Any]) -> list[object]:
    return [
        host["host"],
        host["python"]["used"] or "-",
        _built(host),
        _or(host["ready_s"]),
        host["health"] or "open port",
        host["session"] or host["chat"] or "-",
        _or(host["working_set_mib"], 0),
        _or(host["rss_mib"], 0),
        _or(host["stop_s"]),
        host["error"] or "ok",
    ]


def _built(host: dict[str, Any]) -> object:
    if host["installed_mib"] is None:
        return "-"
    whole = round(host["installed_mib"] + host["checkout_mib"])
    packed = host["packed_mib"]
    return whole if packed is None else f"{whole}, packed {packed:.0f}"


def _or(value: float | None, digits: int = 2) -> object:
    return "-" if value is None else round(value, digits) if digits else round(value)
