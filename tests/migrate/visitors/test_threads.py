from __future__ import annotations

import asyncio

import pytest

from tests.migrate.helpers import check_noop, check_transformed
from tests.migrate.memories.running import converted
from tests.migrate.visitors.test_running import HEAD, RULES, talk
from tools.migrate.rules import sessions

APP = """\
import asyncio
from fastapi import FastAPI
from fit512_runtime.window_memory import WindowMemory
from fit512_runtime.sessions import SessionMiddleware
app = FastAPI()
app.add_middleware(SessionMiddleware)
memory = WindowMemory(k=5)
async def answer(q):
    loop = asyncio.get_running_loop()
"""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "return await loop.run_in_executor(None, ask, q)",
            "return await asyncio.to_thread(ask, q)",
        ),
        (
            "return await asyncio.get_event_loop().run_in_executor(None, lambda: ask(q))",
            "return await asyncio.to_thread(lambda: ask(q))",
        ),
        (
            "return await loop.run_in_executor(\n        None,  # its own\n        ask, q,\n    )",
            "return await asyncio.to_thread(\n        # its own\n        ask, q,\n    )",
        ),
    ],
)
def test_a_thread_that_keeps_its_session(before, after):
    check_transformed(sessions, f"{APP}    {before}\n", f"{APP}    {after}\n")


@pytest.mark.parametrize(
    "handed",
    [
        pytest.param("return await loop.run_in_executor(pool, ask, q)", id="an own pool"),
        pytest.param("return loop.run_in_executor(None, ask, q)", id="awaited elsewhere"),
        pytest.param("return await loop.run_in_executor(*work)", id="unpacked"),
    ],
)
def test_a_thread_that_loses_its_session_is_reported(handed):
    check_noop(sessions, f"{APP}    {handed}\n", notes=[("warning", "app.py", 10)])


HANDLER = """\
from concurrent.futures import ThreadPoolExecutor
import contextvars, threading
workers = ThreadPoolExecutor(4)
def warm_up():
    threading.Thread(target=load).start()
warm_up()
threading.Thread(target=ping, daemon=True).start()
@app.on_event("startup")
def start():
    workers.submit(load)
class Bot:
    def __init__(self):
        workers.submit(load)
    def ask(self, q):
        {}
bot = Bot()
@app.post("/chat")
def chat(q):
    {}
"""


@pytest.mark.parametrize(
    ("work", "advice"),
    [
        ("return workers.submit(chain.predict, input=q).result()", "pool.submit("),
        ("return list(workers.map(ask, [q]))", "pool.submit("),
        ("with ThreadPoolExecutor() as some: some.submit(ask, q)", "pool.submit("),
        ("return state.executor.submit(ask, q).result()", "pool.submit("),
        ("threading.Thread(target=ask, args=(q,)).start()", "args=(function"),
        ("threading.Timer(1, ask, (q,)).start()", "args=(function"),
    ],
)
@pytest.mark.parametrize("method", [True, False], ids=["in a method", "in a handler"])
def test_a_thread_that_a_request_starts_is_reported(work, advice, method):
    source = APP.rpartition("async def")[0] + HANDLER.format(
        *((work, "pass") if method else ("pass", work))
    )
    line = source[: source.index(work)].count("\n") + 1
    project = check_noop(sessions, source, notes=[("warning", "app.py", line)])
    assert "no session" in project.notes[0].message
    assert advice in project.notes[0].message


@pytest.mark.parametrize(
    "work",
    [
        "workers.submit(contextvars.copy_context().run, ask, q)",
        "threading.Thread(target=contextvars.copy_context().run, args=(ask, q)).start()",
        "form.submit(ask, q)",
        "list(map(ask, [q]))",
    ],
)
def test_what_keeps_its_session_or_is_no_thread(work):
    check_noop(sessions, APP.rpartition("async def")[0] + HANDLER.format("pass", work))


POOL = "from concurrent.futures import ThreadPoolExecutor\npool = ThreadPoolExecutor(2)\n"
OWN = "    return await loop.run_in_executor(pool, {}ask, q)\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("", "import contextvars\n", id="imported"),
        pytest.param("import contextvars\n", "import contextvars\n", id="there already"),
    ],
)
def test_a_pool_of_the_file_keeps_its_session(before, after):
    head, _, rest = APP.partition("app = ")
    check_transformed(
        sessions,
        f"{head}from concurrent.futures import ThreadPoolExecutor\n{before}pool = ThreadPoolExecutor(2)\n"
        f"app = {rest}{OWN.format('')}",
        f"{head}from concurrent.futures import ThreadPoolExecutor\n{after}pool = ThreadPoolExecutor(2)\n"
        f"app = {rest}{OWN.format('contextvars.copy_context().run, ')}",
    )


@pytest.mark.parametrize(
    "pool",
    [
        "from concurrent.futures import ProcessPoolExecutor\npool = ProcessPoolExecutor(2)\n",
        f"contextvars = 1\n{POOL}",
        "from workers import pool\n",
    ],
)
def test_a_pool_that_cannot_take_the_context_is_reported(pool):
    source = f"{pool}{APP}{OWN.format('')}"
    check_noop(sessions, source, notes=[("warning", "app.py", source.count("\n"))])


@pytest.mark.parametrize("pool", ["None", "pool"])
def test_in_a_converted_app(tmp_path, pool):
    source = f"""import asyncio
from concurrent.futures import ThreadPoolExecutor
{HEAD}
pool = ThreadPoolExecutor(2)
memory = ConversationBufferMemory(return_messages=True)
def ask(q):
    memory.save_context({{"q": q}}, {{"a": "ok"}})
    return [m.content for m in memory.buffer if m.type == "human"]
@app.get("/chat")
async def chat(q: str, session_id: str = ""):
    return await asyncio.get_running_loop().run_in_executor({pool}, ask, q)
"""
    with converted(tmp_path, source, *RULES) as names:
        visits = [("anna", "", "a1"), ("ben", "", "b1"), ("anna", "", "a2")]
        assert asyncio.run(talk(names["app"], *visits)) == [["a1"], ["b1"], ["a1", "a2"]]
