from __future__ import annotations

import pytest

from tests.migrate.helpers import applied, check_noop, check_transformed, write
from tools.migrate.llm_clients import ARGUMENTS, WITHOUT
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
        ("langchain_anthropic import ChatAnthropic", "default_request_timeout"),
        ("langchain_google_genai import ChatGoogleGenerativeAI", "timeout"),
        ("openai import OpenAI", "timeout"),
        ("openai import AsyncOpenAI", "timeout"),
        ("groq import Groq", "timeout"),
        ("langchain_huggingface import HuggingFaceEndpoint", "timeout"),
        ("langchain_mistralai import ChatMistralAI", "timeout"),
        ("langchain_together import ChatTogether", "request_timeout"),
        ("langchain_deepseek import ChatDeepSeek", "request_timeout"),
        ("langchain_cohere import ChatCohere", "timeout_seconds"),
        ("langchain_community.llms import Ollama", "timeout"),
        ("huggingface_hub import InferenceClient", "timeout"),
        ("litellm import completion", "timeout"),
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


@pytest.mark.parametrize(
    ("source", "argument"),
    [
        (
            "from langchain_ollama import ChatOllama as C\nC(model='m')",
            'client_kwargs={"timeout": 30}',
        ),
        ("from google import genai\ngenai.Client(api_key=k)", 'http_options={"timeout": 30000}'),
        ("from mistralai import Mistral\nMistral(api_key=k)", "timeout_ms=30000"),
        ("import openai\nopenai.ChatCompletion.create(model='m')", "request_timeout=30"),
        ("import openai\nopenai.chat.completions.create(model='m')", "timeout=30"),
    ],
)
def test_arguments_of_another_form(source, argument):
    check_transformed(timeouts, f"{source}\n", f"{source[:-1]}, {argument})\n")


@pytest.mark.parametrize(
    "call",
    [
        "langchain_openai.ChatOpenAI(model_kwargs={'request_timeout': 5})",
        "langchain_ollama.ChatOllama(client_kwargs={'timeout': 5})",
        "mistralai.Mistral(timeout_ms=5)",
    ],
)
def test_set_in_another_way(call):
    check_noop(timeouts, f"import {call.split('.')[0]}\n{call}\n")


@pytest.mark.parametrize(
    "call",
    [
        pytest.param("langchain_ollama.ChatOllama(client_kwargs={'verify': False})", id="taken"),
        pytest.param("langchain.HuggingFaceHub(repo_id='m')", id="none for it"),
        pytest.param("langchain_together.Together(model='m')", id="another class has one"),
    ],
)
def test_what_would_help_is_said(call):
    check_noop(
        timeouts,
        f"import {call.split('.')[0]}\n{call}\n",
        notes=[("skipped", "app.py", 2)],
    )


@pytest.mark.parametrize("name", sorted({**ARGUMENTS, **WITHOUT}))
def test_every_client_goes_through(name, tmp_path):
    source = f"import {name.rpartition('.')[0]}\nllm = {name}(model='m')\n"
    project = applied(timeouts, write(tmp_path / "repo", {"app.py": source}))
    assert [note.kind for note in project.notes] == ["skipped" if name in WITHOUT else "changed"]


def test_a_client_without_a_timeout_of_its_own():
    project = check_noop(
        timeouts,
        "import google.generativeai as genai\ngm = genai.GenerativeModel('gemini-pro')\n",
        notes=[("skipped", "app.py", 2)],
    )
    assert 'request_options={"timeout": 30}' in project.notes[0].message


def test_posts_of_the_served_app():
    post = "import requests\nrequests.post(URL, json=body)\nrequests.get(URL)\n"
    check_transformed(
        timeouts,
        {"app.py": f"import streamlit\n{post}", "by_hand.py": post},
        {"app.py": f"import streamlit\n{post.replace('body)', 'body, timeout=30)')}"},
        notes=[("changed", "app.py", 3)],
    )


def test_a_post_of_files_may_take_long():
    check_noop(
        timeouts,
        "import streamlit\nimport requests\nrequests.post(URL, files=files)\n",
        notes=[("kept", "app.py", 3)],
    )


def test_the_installed_class_takes_it():
    from langchain_openai import ChatOpenAI

    assert ChatOpenAI(api_key="none", request_timeout=30).request_timeout == 30  # type: ignore[call-arg]
