from __future__ import annotations

import asyncio

import httpx
import pytest

from tests.migrate.memories.running import converted
from tools.migrate.rules import conversations, histories, memory, sessions

RULES = (memory, histories, conversations, sessions)
HEAD = """\
from fastapi import FastAPI, Request
from langchain_classic.memory import ConversationBufferMemory
from langchain_core.chat_history import InMemoryChatMessageHistory
app = FastAPI()
"""
SHARED = f"""{HEAD}
memory = ConversationBufferMemory(return_messages=True)
@app.get("/chat")
def chat(q: str, session_id: str = ""):
    memory.save_context({{"q": q}}, {{"a": "ok"}})
    return [m.content for m in memory.buffer if m.type == "human"]
"""
SINGLETON = f"""{HEAD}
class Bot:
    one = None
    def __new__(cls):
        if cls.one is None:
            cls.one = super().__new__(cls)
            cls.one.history = InMemoryChatMessageHistory()
        return cls.one
@app.get("/chat")
async def chat(q: str, session_id: str = ""):
    Bot().history.add_user_message(q)
    Bot().history.add_ai_message("ok")
    return [m.content for m in Bot().history.messages if m.type == "human"]
"""
KEYED = f"""{HEAD}
memories = {{}}
@app.get("/chat")
def chat(q: str, session_id: str):
    if session_id not in memories:
        memories[session_id] = ConversationBufferMemory(return_messages=True)
    memories[session_id].save_context({{"q": q}}, {{"a": "ok"}})
    return [m.content for m in memories[session_id].buffer if m.type == "human"]
"""
BOTS = f"""{HEAD}
faq = ConversationBufferMemory()
class Bot:
    def __init__(self):
        self.memory = ConversationBufferMemory(return_messages=True)
bots = {{}}
@app.get("/chat")
def chat(request: Request):
    phone = request.query_params["From"]
    if phone not in bots:
        bots[phone] = Bot()
    memory = bots[phone].memory
    memory.save_context({{"q": request.query_params["q"]}}, {{"a": "ok"}})
    return [m.content for m in memory.buffer if m.type == "human"]
"""


async def talk(app, *visits):
    """Each visit is (browser, session, question); the answer is what was heard there before."""
    browsers = {}
    answers = []
    for name, session, question in visits:
        transport = httpx.ASGITransport(app)
        browser = browsers.setdefault(
            name, httpx.AsyncClient(transport=transport, base_url="http://app")
        )
        asked = {"q": question, "session_id": session}
        answers.append((await browser.get("/chat", params=asked)).json())
    for browser in browsers.values():
        await browser.aclose()
    return answers


@pytest.mark.parametrize(
    "source", [pytest.param(SHARED, id="of the module"), pytest.param(SINGLETON, id="a singleton")]
)
def test_two_browsers(tmp_path, source):
    with converted(tmp_path, source, *RULES) as names:
        visits = [(who, "", f"{who}{n}") for n in range(50) for who in ("anna", "ben")]
        answers = asyncio.run(talk(names["app"], *visits))
        assert answers[:4] == [["anna0"], ["ben0"], ["anna0", "anna1"], ["ben0", "ben1"]]
        assert answers[-1] == [f"ben{n}" for n in range(45, 50)]


@pytest.mark.parametrize("source", [SHARED, SINGLETON, KEYED], ids=["shared", "single", "keyed"])
def test_a_session_goes_on_in_another_browser(tmp_path, source):
    with converted(tmp_path, source, *RULES) as names:
        visits = [("phone", "s1", "a"), ("laptop", "s1", "b"), ("laptop", "s2", "c")]
        assert asyncio.run(talk(names["app"], *visits)) == [["a"], ["a", "b"], ["c"]]


def test_a_webhook_that_sends_no_cookie(tmp_path):
    async def told(app):
        answers = []
        for phone, question in [("+1", "a"), ("+2", "b"), ("+1", "c")]:
            transport = httpx.ASGITransport(app)
            async with httpx.AsyncClient(transport=transport, base_url="http://app") as client:
                answers.append(
                    (await client.get("/chat", params={"From": phone, "q": question})).json()
                )
        return answers

    with converted(tmp_path, BOTS, *RULES) as names:
        assert asyncio.run(told(names["app"])) == [["a"], ["b"], ["a", "c"]]
