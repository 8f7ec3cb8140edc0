"""A chat app in the legacy style: one memory and one chain at module level, asked in every way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

from fastapi import FastAPI, WebSocket
from fastapi.responses import StreamingResponse

from tools.migrate.runtime.langchain_names import first
from tools.migrate.runtime.sessions import SessionMiddleware
from tools.migrate.runtime.window_memory import WindowMemory

ConversationChain = first(
    "langchain_classic.chains:ConversationChain", "langchain.chains:ConversationChain"
)
FakeListLLM = first(
    "langchain_core.language_models:FakeListLLM",
    "langchain_community.llms.fake:FakeListLLM",
    "langchain.llms.fake:FakeListLLM",
)
app = FastAPI()
app.add_middleware(SessionMiddleware)
memory = WindowMemory(k=2)
chain: Any = ConversationChain(llm=FakeListLLM(responses=["ok"]), memory=memory)


def heard() -> list[str]:
    return [message.content for message in memory.chat_memory.messages if message.type == "human"]


@app.get("/sync/{text}")
def sync(text: str) -> list[str]:
    chain.invoke({"input": text})
    return heard()


@app.get("/invoke/{text}")
async def invoke(text: str) -> list[str]:
    chain.invoke({"input": text})
    return heard()


@app.get("/ainvoke/{text}")
async def ainvoke(text: str) -> list[str]:
    await chain.ainvoke({"input": text})
    return heard()


@app.get("/thread/{text}")
async def thread(text: str) -> list[str]:
    await asyncio.to_thread(chain.invoke, {"input": text})
    return heard()


@app.get("/executor/{text}")
async def executor(text: str) -> list[str]:
    def work() -> list[str]:
        memory.save_context({"input": text}, {"output": "ok"})
        return heard()

    return await asyncio.get_running_loop().run_in_executor(None, work)


@app.get("/stream/{text}")
def stream(text: str) -> StreamingResponse:
    def parts() -> Iterator[str]:
        for part in range(3):
            memory.save_context({"input": f"{text}{part}"}, {"output": "ok"})
            yield f"{part};"
        yield ",".join(heard())

    return StreamingResponse(parts())


@app.get("/astream/{text}")
async def astream(text: str) -> StreamingResponse:
    async def parts() -> AsyncIterator[str]:
        for part in range(3):
            await memory.asave_context({"input": f"{text}{part}"}, {"output": "ok"})
            await asyncio.sleep(0)
            yield f"{part};"
        yield ",".join(heard())

    return StreamingResponse(parts())


@app.websocket("/ws")
async def talk(socket: WebSocket) -> None:
    await socket.accept()
    async for text in socket.iter_text():
        await chain.ainvoke({"input": text})
        await socket.send_json(heard())
