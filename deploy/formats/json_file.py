"""JSON, indented by two."""

from __future__ import annotations

import json
from typing import Any


def parse(text: str) -> Any:
    return json.loads(text)


def dump(document: Any, original: str) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
