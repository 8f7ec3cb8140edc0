from __future__ import annotations

import pytest

from tests.migrate.helpers import check_noop, check_transformed
from tools.migrate.rules import timeouts
from tools.migrate.settings import Settings


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("class ChatOpenAI: ...\nllm = ChatOpenAI()\n", id="an own class"),
        pytest.param(
            "from langchain_openai import ChatOpenAI\nllm = ChatOpenAI(timeout=5)\n", id="timeout"
        ),
        pytest.param(
            "from langchain_openai import ChatOpenAI\nllm = ChatOpenAI(request_timeout=None)\n",
            id="switched off on purpose",
        ),
        pytest.param(
            "from langchain_openai import OpenAIEmbeddings\ne = OpenAIEmbeddings()  # OpenAI\n",
            id="not a chat model",
        ),
    ],
)
def test_left_alone(source):
    check_noop(timeouts, source)


def test_arguments_that_cannot_be_seen():
    check_noop(
        timeouts,
        "from langchain_openai import ChatOpenAI\nllm = ChatOpenAI(**options)\n",
        notes=[("skipped", "app.py", 2)],
    )


def test_an_own_client_keeps_its_timeout():
    check_noop(
        timeouts,
        "from openai import OpenAI\nllm = OpenAI(http_client=mine)\n",
        notes=[("kept", "app.py", 2)],
    )


@pytest.mark.parametrize(
    ("imported", "keyword"),
    [
        ("langchain_openai import ChatOpenAI", "request_timeout"),
        ("langchain_openai import AzureChatOpenAI", "request_timeout"),
        ("langchain_community.chat_models import ChatOpenAI", "request_timeout"),
        ("langchain.chat_models import ChatOpenAI", "request_timeout"),
        ("langchain.llms import OpenAI", "request_timeout"),
        ("langchain import OpenAI", "request_timeout"),
        ("langchain_groq import ChatGroq", "request_timeout"),
        ("langchain_anthropic import ChatAnthropic", "timeout"),
        ("langchain_google_genai import ChatGoogleGenerativeAI", "timeout"),
        ("openai import OpenAI", "timeout"),
        ("openai import AsyncOpenAI", "timeout"),
        ("groq import Groq", "timeout"),
    ],
)
def test_each_class_by_its_keyword(imported, keyword):
    name = imported.split()[-1]
    check_transformed(
        timeouts,
        f"from {imported}\nllm = {name}(model='m')\n",
        f"from {imported}\nllm = {name}(model='m', {keyword}=30)\n",
        notes=[("changed", "app.py", 2)],
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("()", "(request_timeout=7)", id="no argument"),
        pytest.param("(model='m',)", "(model='m', request_timeout=7,)", id="a comma at the end"),
        pytest.param(
            "(\n    model='m'  # cheap\n)",
            "(\n    model='m',  # cheap\n    request_timeout=7\n)",
            id="a comment behind the last",
        ),
        pytest.param(
            "(\n\tmodel='m',  # cheap\n\t# temperature=1,\n)",
            "(\n\tmodel='m',  # cheap\n\trequest_timeout=7,\n\t# temperature=1,\n)",
            id="a comment below the last",
        ),
        pytest.param(
            "(\r\n    model='m',\r\n    n=(1,\r\n    2)\r\n)",
            "(\r\n    model='m',\r\n    n=(1,\r\n    2),\r\n    request_timeout=7\r\n)",
            id="the last over two lines, CRLF",
        ),
        pytest.param(
            "(model='m',\n    n=1)", "(model='m',\n    n=1, request_timeout=7)", id="hanging"
        ),
    ],
)
def test_the_layout_of_the_arguments(before, after):
    head = "from langchain_openai import ChatOpenAI\n"
    check_transformed(
        timeouts,
        f"{head}llm = ChatOpenAI{before}\n",
        f"{head}llm = ChatOpenAI{after}\n",
        settings=Settings(timeout_s=7),
    )


def test_one_call_inside_another():
    check_transformed(
        timeouts,
        """\
        from langchain_openai import ChatOpenAI
        chain = make(llm=ChatOpenAI(model="a"), other=ChatOpenAI(
            model="b",
        ))
        """,
        """\
        from langchain_openai import ChatOpenAI
        chain = make(llm=ChatOpenAI(model="a", request_timeout=30), other=ChatOpenAI(
            model="b",
            request_timeout=30,
        ))
        """,
    )
