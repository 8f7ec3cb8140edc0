"""A visitor's session, where only that makes the framework run the app's code."""

from __future__ import annotations

import json
import subprocess

import httpx

from tools.migrate.verify import chainlit_chat
from tools.migrate.verify.spec import Result, Spec
from tools.migrate.verify.visitors import Visitors

TIMEOUT_S = 300
QUESTION = "What can you tell me?"  # also asked of Gradio


def open_session(spec: Spec, visitors: Visitors, result: Result) -> None:
    """Fill in what became of it."""
    if spec.session == ["chainlit"]:
        try:
            result.session, result.session_error = chainlit_chat.visit(visitors.base_url, QUESTION)
            result.session_asked = True
        except (httpx.HTTPError, ValueError) as error:
            result.session_error = visitors.death(f"no chat could be opened: {error}")
        return
    try:
        done = subprocess.run(
            spec.session, capture_output=True, text=True, timeout=TIMEOUT_S, env=spec.environment
        )
        seen = json.loads(done.stdout)
    except (subprocess.TimeoutExpired, ValueError):
        result.session_error = visitors.death("the visit did not come to its end")
        return
    result.session, result.session_asked = seen["did"], seen["asked"]
    result.session_error = "; ".join(seen["exceptions"]) or None
