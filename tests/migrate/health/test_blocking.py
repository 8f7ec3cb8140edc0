"""Which async handlers are named because they wait for the model."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.migrate.helpers import Files, write
from tools.migrate.health.blocking import note_blocking
from tools.migrate.project import Project

APP = "from fastapi import FastAPI\nfrom langchain_groq import ChatGroq\napp = FastAPI()\n"
ASYNC = APP + "@app.post('/chat')\nasync def chat(q):\n    "
ROUTE = "@app.post('/chat')\nasync def chat(q):\n    "


def noted(root: Path, files: Files | str) -> list[tuple[str, int | None, str]]:
    files = {"app.py": files} if isinstance(files, str) else files
    project = Project.open(write(root, files))
    note_blocking(project, "health")
    assert {note.kind for note in project.notes} <= {"warning"}
    return [(note.path, note.line, note.message) for note in project.notes]


@pytest.mark.parametrize(
    "source",
    [
        pytest.param(ASYNC.replace("async ", "") + "return chain.invoke(q)\n", id="plain"),
        pytest.param(ASYNC + "return await chain.ainvoke(q)\n", id="awaited"),
        pytest.param(ASYNC + "return chains[q].ainvoke(q)\n", id="handed on, kept by a key"),
        pytest.param(ASYNC + "return await wait_for(chain.run(q), 9)\n", id="with a timeout"),
        pytest.param(ASYNC + "return await asyncio.to_thread(chain.invoke, q)\n", id="thread"),
        pytest.param(
            ASYNC + "return await run_in_threadpool(lambda: chain.invoke(q))\n", id="a lambda"
        ),
        pytest.param(
            ASYNC + "return await loop.run_in_executor(None, ask, q)\n"
            "def ask(q):\n    return chain.invoke(q)\n",
            id="executor",
        ),
        pytest.param(ASYNC + "return StreamingResponse(chain.stream(q))\n", id="lazy"),
        pytest.param(
            ASYNC + "return StreamingResponse(parts(q))\n"
            "def parts(q):\n    yield chain.invoke(q)\n",
            id="a generator, which the server goes through in a thread",
        ),
        pytest.param(ASYNC + "async for x in chain.stream(q): ...\n", id="async for"),
        pytest.param(APP + "async def chat(q):\n    chain.invoke(q)\n", id="no handler"),
        pytest.param(
            ASYNC.replace("langchain_groq", "sklearn") + "model.predict(q)\n", id="another model"
        ),
        pytest.param(
            "from langchain_groq import ChatGroq\nasync def chat(q):\n    chain.invoke(q)\n",
            id="a script run by hand",
        ),
    ],
)
def test_nobody_waits(tmp_path, source):
    assert noted(tmp_path, source) == []


def test_the_whole_message(tmp_path):
    assert noted(tmp_path, ASYNC + "return qa_chain.invoke(q)\n") == [
        (
            "app.py",
            6,
            "chat is async and waits for qa_chain.invoke without await: nobody else is answered"
            " meanwhile, /health neither. Write `await asyncio.to_thread(qa_chain.invoke, …)`,"
            " or make chat a plain def",
        )
    ]


def test_a_handler_that_awaits_cannot_be_plain(tmp_path):
    source = ASYNC + "q = await q.json()\n    return chain({'query': q})\n"
    [(_, line, message)] = noted(tmp_path, source)
    assert line == 7
    assert message.endswith("Write `await asyncio.to_thread(chain, …)`")


def test_a_stream_that_is_gone_through(tmp_path):
    [(_, line, message)] = noted(tmp_path, ASYNC + "for part in llm.stream(q): ...\n")
    assert line == 6
    assert message.endswith("Write `async for … in llm.astream(…)`")


BOT = "from langchain_groq import ChatGroq\n"


@pytest.mark.parametrize(
    ("files", "place", "words"),
    [
        pytest.param(
            {
                "app.py": ASYNC.replace("app =", "from bot import ask\napp =") + "ask(q)\n",
                "bot.py": BOT + "def ask(q):\n    return chain.run(q)\n",
            },
            ("app.py", 7),
            "ask (chain.run in bot.py:3)",
            id="a plain function",
        ),
        pytest.param(
            {
                "app.py": ASYNC.replace("app =", "from bot import ask\napp =") + "await ask(q)\n",
                "bot.py": BOT + "async def ask(q):\n    return chain.run(q)\n",
            },
            ("bot.py", 3),
            "waits for chain.run without",
            id="an async function that is awaited",
        ),
        pytest.param(
            {
                "app.py": "from fastapi import FastAPI\nfrom routes import r\napp = FastAPI()\n"
                "app.include_router(r)\n",
                "routes.py": BOT + "from fastapi import APIRouter\nr = APIRouter()\n"
                "@r.get('/chat')\nasync def chat(q):\n    return chain.invoke(q)\n",
            },
            ("routes.py", 6),
            "waits for chain.invoke without",
            id="a router",
        ),
        pytest.param(
            {
                "app.py": BOT
                + "from quart import Quart\napp = Quart('x')\n"
                + ROUTE
                + "llm.run(q)\n"
            },
            ("app.py", 6),
            "waits for llm.run without",
            id="Quart",
        ),
        pytest.param(
            {
                "app.py": BOT + "from starlette.applications import Starlette\n"
                "from starlette.routing import Route\nasync def chat(q):\n    llm.invoke(q)\n"
                "app = Starlette(routes=[Route('/chat', chat)])\n"
            },
            ("app.py", 5),
            "waits for llm.invoke without",
            id="Starlette",
        ),
    ],
)
def test_where_it_waits(tmp_path, files, place, words):
    [(path, line, message)] = noted(tmp_path, files)
    assert (path, line) == place
    assert words in message


def test_a_model_kept_by_a_key(tmp_path):
    [(_, line, message)] = noted(tmp_path, ASYNC + "return chains[q].invoke(q)\n")
    assert line == 6
    assert "chat is async and waits for chains[q].invoke without await" in message
    assert "`await asyncio.to_thread(chains[q].invoke, …)`" in message
