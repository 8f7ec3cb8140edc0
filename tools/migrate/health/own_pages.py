"""Frameworks that answer a health check by themselves, or that no host can ask."""

from __future__ import annotations

from types import MappingProxyType

from tools.migrate.project import Project
from tools.migrate.result import Note

OWN = MappingProxyType(
    {
        "streamlit": "Streamlit answers /_stcore/health itself: give the host that path",
        "chainlit": "Chainlit answers / with its page itself: give the host that path",
        "gradio": "Gradio answers / with its page itself: give the host that path",
        **dict.fromkeys(
            ("bot", "telegram"),
            "a bot that polls answers no host: start it as a worker, without a health check",
        ),
    }
)


def note_own_pages(project: Project, rule: str) -> None:
    """Say for each such framework once which path a host can ask."""
    said = set()
    for entry in project.entry_points():
        if entry.kind in OWN and entry.kind not in said:
            said.add(entry.kind)
            project.note(Note(rule, "kept", str(entry.path), entry.line, OWN[entry.kind]))
