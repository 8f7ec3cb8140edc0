"""Give calls of the language model a timeout of 30 s where they have none.

Without one a call waits up to ten minutes, holds its visitor and its memory, and the platform's
router has long answered with an error. Covers the clients of LangChain and of the providers, each by
its own argument, and `requests.post` in the served app. A client that takes no timeout is named.

     llm = ChatOpenAI(
         model="gpt-4o-mini",
    +    request_timeout=30,
     )
"""

from __future__ import annotations

import libcst as cst

from tools.migrate.llm_clients import ARGUMENTS, WITHOUT, WORDS
from tools.migrate.project import Project
from tools.migrate.settings import Settings
from tools.migrate.syntax.calls import add_argument, keyword, starred, takes_another
from tools.migrate.syntax.file import PythonFile
from tools.migrate.syntax.find import calls_of

ID = "timeouts"
POST = "requests.post"  # to an API of a model; httpx has a timeout by itself
ADDED = {**ARGUMENTS, POST: "timeout={s}"}
TARGETS = {**ADDED, **WITHOUT}
HAVE_ONE = (
    "timeout",
    "request_timeout",
    "default_request_timeout",
    "timeout_seconds",
    "timeout_ms",
)
HIDDEN = ("model_kwargs", "client_kwargs", "http_options", "request_options")
OWN_CLIENT = ("http_client", "http_async_client", "client", "async_client", "root_client")


def apply(project: Project, settings: Settings) -> None:
    served = project.served()
    for file, calls in calls_of(project, ID, TARGETS, *WORDS, "requests"):
        for call, origin in calls:
            if origin != POST or file.path in served:
                _limit(file, call, origin, settings.timeout_s)
        file.save()


def _limit(file: PythonFile, call: cst.Call, origin: str, timeout_s: int) -> None:
    function = file.source(call.func)
    if _has_one(file, call):
        return
    if origin in WITHOUT:
        file.note("skipped", call, f"{function} takes no timeout here: {WITHOUT[origin]}")
        return
    argument = ADDED[origin].format(s=timeout_s, ms=timeout_s * 1000)
    name = argument.partition("=")[0]
    if origin == POST and keyword(call, "files"):
        message = "sends files, which may take long: give it a timeout= of its own"
        file.note("kept", call, f"{function} {message}")
    elif any(keyword(call, other) for other in OWN_CLIENT):
        file.note("kept", call, f"{function} is given its own client, whose timeout holds")
    elif keyword(call, name):
        file.note(
            "skipped", call, f"{function} is given {name}: add to it the timeout of {argument}"
        )
    elif starred(call) or not takes_another(call):
        file.note("skipped", call, f"{function} gets no timeout: its arguments cannot be seen here")
    else:
        add_argument(file, call, argument)
        file.note("changed", call, f"each try of {function} gives up after {timeout_s} s")


def _has_one(file: PythonFile, call: cst.Call) -> bool:
    """Whether a timeout is set, be it None on purpose or in a dictionary of settings."""
    hidden = (keyword(call, name) for name in HIDDEN)
    return any(keyword(call, name) for name in HAVE_ONE) or any(
        "timeout" in file.source(argument) for argument in hidden if argument
    )
