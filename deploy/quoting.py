"""Texts for YAML and Python."""

from __future__ import annotations

import json


def quoted(text: str) -> str:
    """Always in double quotes: unquoted, 3.10 is a number and `off` a truth value."""
    return json.dumps(text, ensure_ascii=False)
