"""The table of docs/deploy.md that reports/rehearse.json is shown by."""

from __future__ import annotations

from typing import Any

from blocks import report

HEAD = (
    "host",
    "Python",
    "built MiB",
    "ready s",
    "health",
    "/chat",
    "peak MiB",
    "RSS MiB",
    "stop s",
)


def table() -> str:
    """Each host in a row."""
    lines = [" | ".join(HEAD), " | ".join("---" for _ in HEAD)]
    lines += [" | ".join(map(str, _cells(host))) for host in report("rehearse")["hosts"]]
    return "\n".join(f"| {line} |" for line in lines)


def _cells(host: dict[str, Any]) -> list[object]:
    return [
        host["host"],
        host["python"]["used"],
        round(host["installed_mib"] + host["checkout_mib"]),
        host["ready_s"],
        host["health"] or "open port",
        host["chat"],
        round(host["working_set_mib"]),
        round(host["rss_mib"]),
        host["stop_s"],
    ]
