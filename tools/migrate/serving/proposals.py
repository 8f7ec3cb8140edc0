"""The start command for an app that no launch file starts: one worker, on the host's $PORT."""

from __future__ import annotations

import shlex

from tools.migrate.entrypoints import PORTLESS
from tools.migrate.serving.app import PORT, ServedApp

ASGI = "uvicorn {factory}{target} --host 0.0.0.0 --port $PORT --workers 1"
WSGI = "gunicorn --workers 1 --threads 8 --bind 0.0.0.0:$PORT {called}"
HYPERCORN = "hypercorn --workers 1 --bind 0.0.0.0:$PORT {called}"
SERVED = {
    "fastapi": ASGI,
    "starlette": ASGI,
    "quart": HYPERCORN,
    "flask": WSGI,
    "django": WSGI,
}
SCRIPTS = {
    "streamlit": "streamlit run {script} --server.address 0.0.0.0 --server.port $PORT"
    " --server.headless true",
    "chainlit": "chainlit run {script} --headless --host 0.0.0.0 --port $PORT",
    "gradio": "env GRADIO_SERVER_NAME=0.0.0.0 GRADIO_SERVER_PORT=$PORT python {script}",
}
DJANGO_ASGI = "uvicorn {target} --host 0.0.0.0 --port $PORT --workers 1"
DJANGO_MANAGE = "python {script} runserver --noreload 0.0.0.0:$PORT"
RUN = "python {script}"


def proposal(app: ServedApp) -> str:
    """The command, for a shell in the app's folder."""
    target = app.target or ""
    return _template(app).format(
        script=shlex.quote(app.script),
        target=target,
        factory="--factory " if app.made == "factory" else "",
        called=shlex.quote(f"{target}()") if app.made == "factory" else target,
    )


def listens_on(app: ServedApp, fixed: int | str | None) -> str | int | None:
    """Where the proposed command listens; `fixed` is what the code of a script says."""
    if app.framework in PORTLESS:
        return None
    return (
        fixed if fixed is not None and (app.made == "main" or app.framework == "gradio") else PORT
    )


def _template(app: ServedApp) -> str:
    if app.framework == "django" and app.name is None:
        return DJANGO_MANAGE
    if app.framework == "django" and app.path.stem == "asgi":
        return DJANGO_ASGI
    if app.made in ("module", "factory") and app.name:
        return SERVED.get(app.framework, RUN)
    return SCRIPTS.get(app.framework, RUN)
