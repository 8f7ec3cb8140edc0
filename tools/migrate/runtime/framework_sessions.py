"""The visitor's session as the app's framework tells it: Chainlit, Streamlit, Gradio, Flask-SocketIO.

Only a framework that the process has loaded is asked; none is imported here.
Copied into this repository by fit512 (MIT licence); needs the standard library alone.
"""

from __future__ import annotations

import sys
import threading
from typing import Any

# Streamlit leaves a script's session on the thread that runs it; threads of the script's own have none.
_STREAMLIT = "streamlit_script_run_ctx"


def framework_session() -> str | None:
    """The session whose message, run or event is being answered; None outside of all."""
    for ask in (_chainlit, _streamlit, _gradio, _socketio):
        session = ask()
        if session:
            return session
    return None


def _chainlit() -> str | None:
    """One session for each page that is open; it outlives a lost connection."""
    module: Any = sys.modules.get("chainlit.context")
    context = module.context_var.get(None) if module else None
    return f"chainlit:{context.session.id}" if context else None


def _streamlit() -> str | None:
    """One session for each page that is open."""
    context = getattr(threading.current_thread(), _STREAMLIT, None)
    return f"streamlit:{context.session_id}" if context else None


def _gradio() -> str | None:
    """One session for each page that is open. An event sent by a plain API call may have none."""
    module: Any = sys.modules.get("gradio.context")
    variable = getattr(getattr(module, "LocalContext", None), "request", None)
    request = variable.get(None) if variable else None
    session = getattr(request, "session_hash", None)
    return f"gradio:{session}" if session else None


def _socketio() -> str | None:
    """One session for each socket that is connected."""
    flask: Any = sys.modules.get("flask") if "flask_socketio" in sys.modules else None
    if flask is None or not flask.has_request_context():
        return None
    sid = getattr(flask.request, "sid", None)  # only while an event is answered
    return f"socketio:{sid}" if sid else None
