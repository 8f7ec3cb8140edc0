from __future__ import annotations

import asyncio

import chainlit as cl

from tests.migrate.runtime.frameworks.shared_bot import ask


@cl.on_message
async def answer(message: cl.Message) -> None:
    text = message.content
    if text.endswith("1"):
        heard = await cl.make_async(ask)(text)
    elif text.endswith("2"):
        heard = await asyncio.to_thread(ask, text)
    else:
        heard = ask(text)
    await cl.Message(content=f"heard:{heard}").send()
