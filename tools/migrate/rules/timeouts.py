"""Give calls of the language model a timeout of 30 s where they have none.

Without one a call waits up to ten minutes, holds its visitor and its memory, and the platform's
router has long answered with an error.

     llm = ChatOpenAI(
         model="gpt-4o-mini",
    +    request_timeout=30,
     )
"""

from __future__ import annotations

import libcst as cst

from tools.migrate.project import Project
from tools.migrate.settings import Settings
from tools.migrate.syntax.calls import add_argument, keyword, starred, takes_another
from tools.migrate.syntax.file import PythonFile
from tools.migrate.syntax.find import calls_of

ID = "timeouts"
# The field's own name, which every LangChain from 0.0 on accepts; `timeout` is its later alias.
_FIELD = "request_timeout"
_OPENAI = ("ChatOpenAI", "AzureChatOpenAI", "OpenAI", "AzureOpenAI")
_OPENAI_PLACES = (
    "langchain_openai",
    "langchain_openai.chat_models",
    "langchain_openai.chat_models.base",
    "langchain_openai.llms",
    "langchain_community.chat_models",
    "langchain_community.chat_models.openai",
    "langchain_community.llms",
    "langchain_community.llms.openai",
    "langchain.chat_models",
    "langchain.chat_models.openai",
    "langchain.llms",
    "langchain.llms.openai",
    "langchain",
)
_CLIENTS = {
    "openai": ("OpenAI", "AsyncOpenAI", "AzureOpenAI", "AsyncAzureOpenAI"),
    "groq": ("Groq", "AsyncGroq"),
    "anthropic": ("Anthropic", "AsyncAnthropic"),
}
# qualified name -> the keyword that sets the timeout, in seconds
KEYWORDS = {
    **{f"{place}.{name}": _FIELD for place in _OPENAI_PLACES for name in _OPENAI},
    "langchain_groq.ChatGroq": _FIELD,
    "langchain_groq.chat_models.ChatGroq": _FIELD,
    "langchain_fireworks.ChatFireworks": _FIELD,
    "langchain_anthropic.ChatAnthropic": "timeout",
    "langchain_google_genai.ChatGoogleGenerativeAI": "timeout",
    **{f"{place}.{name}": "timeout" for place, names in _CLIENTS.items() for name in names},
}
HAVE_ONE = ("timeout", "request_timeout", "default_request_timeout")
OWN_CLIENT = ("http_client", "http_async_client", "client", "async_client", "root_client")
WORDS = tuple(sorted({name.rpartition(".")[2] for name in KEYWORDS}))


def apply(project: Project, settings: Settings) -> None:
    for file, calls in calls_of(project, ID, KEYWORDS, *WORDS):
        for call, origin in calls:
            _limit(file, call, KEYWORDS[origin], settings.timeout_s)
        file.save()


def _limit(file: PythonFile, call: cst.Call, name: str, timeout_s: int) -> None:
    function = file.source(call.func)
    if any(keyword(call, other) for other in HAVE_ONE):
        return
    if any(keyword(call, other) for other in OWN_CLIENT):
        file.note("kept", call, f"{function} is given its own client, whose timeout holds")
    elif starred(call) or not takes_another(call):
        file.note("skipped", call, f"{function} gets no timeout: its arguments cannot be seen here")
    else:
        add_argument(file, call, f"{name}={timeout_s}")
        file.note("changed", call, f"{function} gives up after {timeout_s} s")
