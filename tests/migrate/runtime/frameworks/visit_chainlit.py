from __future__ import annotations

import asyncio
import sys
from uuid import uuid4

from socketio import AsyncClient


class Page:
    """A page that is open on the app."""

    def __init__(self):
        self.socket = AsyncClient()
        self.heard = asyncio.Queue()
        self.socket.on("new_message", self._listen)

    async def open(self, url):
        who = {"clientType": "webapp", "sessionId": str(uuid4()), "userEnv": "{}"}
        await self.socket.connect(
            url, socketio_path="/ws/socket.io", transports=["websocket"], auth=who
        )
        await self.socket.emit("connection_successful")

    async def _listen(self, step):
        if step["output"].startswith("heard:"):
            await self.heard.put(step["output"].removeprefix("heard:"))

    async def ask(self, text):
        step = {"id": str(uuid4()), "name": "User", "type": "user_message", "output": text}
        step["createdAt"] = "2026-01-01T00:00:00Z"
        await self.socket.emit("client_message", {"message": step, "fileReferences": []})
        return await asyncio.wait_for(self.heard.get(), 30)


async def main():
    anna, ben = Page(), Page()
    for page in (anna, ben):
        await page.open(f"http://127.0.0.1:{sys.argv[1]}")
    for number in range(4):
        print(await anna.ask(f"a{number}"))
        print(await ben.ask(f"b{number}"))
    for page in (anna, ben):
        await page.socket.disconnect()


asyncio.run(main())
