from __future__ import annotations

import asyncio
import re
import sys

from streamlit.proto.BackMsg_pb2 import BackMsg
from websockets import connect


async def ask(page, text):
    message = BackMsg()
    message.rerun_script.query_string = f"q={text}"
    await page.send(message.SerializeToString())
    while not (heard := re.search(rb"heard:([\w,]+)", await asyncio.wait_for(page.recv(), 30))):
        pass
    return heard[1].decode()


async def main():
    url = f"ws://127.0.0.1:{sys.argv[1]}/_stcore/stream"
    async with (
        connect(url, subprotocols=["streamlit"]) as anna,
        connect(url, subprotocols=["streamlit"]) as ben,
    ):
        for number in range(4):
            print(await ask(anna, f"a{number}"))
            print(await ask(ben, f"b{number}"))


asyncio.run(main())
