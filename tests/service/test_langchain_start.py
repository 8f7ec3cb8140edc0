"""The engine as a process: what it says when it cannot start, and the example chain."""

from __future__ import annotations

import os
import shutil

import pytest

from tests.service.helpers import ROOT, ended, python, running
from tools.limits import upstream as local_upstream

SERVICE = ("-m", "service", "--port", "0")


def refused(folder, **settings: str) -> str:
    """The one line of a start that ends with exit code 2."""
    done = ended(python(folder, *SERVICE, CHAT_ENGINE="langchain", **settings))
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    return line.removeprefix("fit512 serve: ")


# Makes two packages look as if they were not installed.
HIDING = """
import sys
from importlib.machinery import PathFinder
class Hiding(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        hidden = name in ("langchain_openai", "openai")
        return None if hidden else super().find_spec(name, path, target)
sys.meta_path[sys.meta_path.index(PathFinder)] = Hiding
"""


def test_without_the_extra(tmp_path):
    (tmp_path / "sitecustomize.py").write_text(HIDING)
    folders = f"{tmp_path}{os.pathsep}{ROOT}"
    line = refused(tmp_path, LLM_API_KEY="k", PYTHONPATH=folders)
    assert line == (
        "CHAT_ENGINE=langchain needs the extra langchain, of which langchain_openai, openai is not"
        " installed: pip install 'fit512[langchain]' (in a checkout: pip install -e '.[langchain]'),"
        " or leave CHAT_ENGINE out for the engine without LangChain."
    )


def test_another_engine_loads_none_of_it(tmp_path):
    code = """
import asyncio, sys
from service.app import create_app
from service.config import Settings
async def run(app):
    async with app.router.lifespan_context(app):
        assert app.state.running.settings.engine == "upstream"
asyncio.run(run(create_app(Settings())))
print(*sorted({name.split(".")[0] for name in sys.modules} & set(sys.argv[1:])))
"""
    names = ("langchain_core", "langchain_classic", "langchain_openai", "openai", "httpx2")
    done = ended(python(tmp_path, "-c", code, *names, CHAT_ENGINE="upstream", LLM_API_KEY="k"))
    assert (done.returncode, done.stdout) == (0, "\n"), done.stderr


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        pytest.param({}, "CHAT_ENGINE=langchain needs OPENROUTER_API_KEY or LLM_API_KEY", id="key"),
        pytest.param(
            {"CHAT_CHAIN": "mine", "LLM_API_KEY": "k"},
            "CHAT_CHAIN (in the environment): must be module:factory, such as own_chain:chain",
            id="no factory named",
        ),
        pytest.param(
            {"CHAT_CHAIN": "a:b", "LLM_API_KEY": "k", "CHAT_ENGINE": "upstream"},
            "CHAT_CHAIN needs CHAT_ENGINE=langchain",
            id="another engine",
        ),
    ],
)
def test_settings_that_do_not_fit(tmp_path, settings, message):
    done = ended(python(tmp_path, *SERVICE, **{"CHAT_ENGINE": "langchain", **settings}))
    assert (done.returncode, done.stderr.startswith(f"fit512 serve: {message}")) == (2, True)


def test_a_module_that_is_not_there(tmp_path):
    assert refused(tmp_path, LLM_API_KEY="k", CHAT_CHAIN="none:chain") == (
        f"CHAT_CHAIN=none:chain: there is no module none, neither in {tmp_path} nor among what is"
        " installed."
    )


def test_the_example_chain(tmp_path):
    shutil.copy(ROOT / "examples/own_chain.py", tmp_path)
    chosen = {"CHAT_ENGINE": "langchain", "CHAT_CHAIN": "own_chain:chain", "LLM_API_KEY": "sk-1"}
    with (
        local_upstream() as local,
        running(tmp_path, LLM_BASE_URL=local.base_url, **chosen) as service,
    ):
        first = service.chat("Do you take PayPal?", "a").json()
        told = service.stream("And Visa?", "a")
        again = service.chat("Do you take PayPal?", "b").json()
        assert "engine=langchain" in service.log
        assert "Warning" not in service.log
        messages = [one["body"]["messages"] for one in local.received()]
    assert [one["role"] for one in messages[1]] == ["system", "user", "assistant", "user"]
    assert messages[1][2]["content"] == first["answer"]
    assert messages[0][0]["content"].startswith("You work for a shop.")
    assert first["sources"][0]["id"] == "payment-01"
    assert (again["answer"], again["cached"]) == (first["answer"], False)
    assert [name for name, _ in told][:2] == ["sources", "token"]
    assert told[-1][0] == "done"


def test_an_upstream_that_is_down_is_the_same_problem(tmp_path):
    chosen = {"CHAT_ENGINE": "langchain", "LLM_API_KEY": "sk-1", "LLM_RETRIES": "0"}
    with (
        local_upstream(faults={"500": 1.0}) as local,
        running(tmp_path, LLM_BASE_URL=local.base_url, **chosen) as service,
    ):
        response = service.chat("Do you take PayPal?")
        assert response.status_code == 502
        assert response.headers["content-type"] == "application/problem+json"
        assert response.json()["detail"] == "The language model's host failed (HTTP 500)."
        assert "Traceback" not in service.log
        assert "PayPal" not in service.log
