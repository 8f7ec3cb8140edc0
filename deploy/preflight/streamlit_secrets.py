"""`st.secrets` reads `.streamlit/secrets.toml` alone, and a variable that a host asks for is not seen.

https://docs.streamlit.io/develop/api-reference/connections/st.secrets
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from deploy.preflight.context import Context
from deploy.problem import Problem, warning
from deploy.python_nodes import nodes_of


def check(context: Context) -> Iterator[Problem]:
    if context.plan.framework.value != "streamlit":
        return
    for file in context.repository.served:
        text = (context.repository.text(file) or "") if file.suffix == ".py" else ""
        line = _first(text) if ".secrets" in text else None
        if line is not None:
            message = (
                "st.secrets reads .streamlit/secrets.toml, which is not pushed, and no variable of the"
                " host. Read os.environ, or have the start command write that file"
            )
            yield warning("streamlit_secrets", f"{file}:{line}", message)


def _first(text: str) -> int | None:
    """The line of the first use; None where there is none."""
    used = (n for n in nodes_of(text) if isinstance(n, ast.Attribute) and n.attr == "secrets")
    owners = ("st", "streamlit")
    return min((n.lineno for n in used if getattr(n.value, "id", "") in owners), default=None)
