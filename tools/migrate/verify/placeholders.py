"""The secrets that an app reads: each gets a value that is none, so that the app can start."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from tools.migrate.parsed import dotted, parse
from tools.migrate.project import Project

NOT_A_KEY = "not-a-key"
# A framework refuses what does not look like its own tokens.
TELEGRAM = "123456:not-a-key-not-a-key-not-a-key-not-a"
STREAMLIT = PurePosixPath(".streamlit/secrets.toml")


def values(names: Iterable[str]) -> dict[str, str]:
    return {
        name: TELEGRAM if "TELEGRAM" in name or name == "BOT_TOKEN" else NOT_A_KEY for name in names
    }


def write_streamlit_secrets(project: Project, files: Iterable[PurePosixPath], copy: Path) -> None:
    """`st.secrets` reads a file, which is never copied: one with the names alone takes its place."""
    names = {
        name
        for file in files
        if project.exists(file) and (tree := parse(project.read(file)))
        for node in ast.walk(tree)
        if (name := _streamlit_secret(node))
    }
    target = copy / STREAMLIT
    if names and not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        lines = [f'"{name}" = "{NOT_A_KEY}"\n' for name in sorted(names)]
        target.write_text("".join(lines), "utf-8")


def _streamlit_secret(node: ast.AST) -> str | None:
    """The name in `st.secrets["NAME"]`, `st.secrets.get("NAME")` or `st.secrets.NAME`."""
    if isinstance(node, ast.Subscript) and (dotted(node.value) or "").endswith("st.secrets"):
        return _text(node.slice)
    if isinstance(node, ast.Call) and (dotted(node.func) or "").endswith("st.secrets.get"):
        return _text(node.args[0]) if node.args else None
    if isinstance(node, ast.Attribute) and dotted(node.value) == "st.secrets":
        return node.attr if node.attr.isupper() else None
    return None


def _text(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None
