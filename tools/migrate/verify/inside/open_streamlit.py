"""Open a session at a running Streamlit app, which is what makes it run its script.

Runs in the app's own environment (`python open_streamlit.py PORT`), with nothing of ours, and speaks
with the web-socket library that the installed Streamlit itself serves with. Prints one JSON object:
what was done, whether that was a question, and the exceptions that the script raised.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

TIMEOUT_S = 120


async def main(port: str) -> dict[str, Any]:
    from streamlit.proto.BackMsg_pb2 import BackMsg  # type: ignore[import-not-found]
    from streamlit.proto.ForwardMsg_pb2 import ForwardMsg  # type: ignore[import-not-found]

    send, receive = await _connect(f"127.0.0.1:{port}/_stcore/stream")
    rerun = BackMsg()
    rerun.rerun_script.query_string = ""
    await send(rerun.SerializeToString())
    elements, exceptions = 0, []
    while True:
        message = ForwardMsg()
        message.ParseFromString(await asyncio.wait_for(receive(), TIMEOUT_S))
        kind = message.WhichOneof("type")
        if kind == "delta" and message.delta.WhichOneof("type") == "new_element":
            elements += 1
            element = message.delta.new_element
            if element.WhichOneof("type") == "exception":
                exceptions.append(f"{element.exception.type}: {element.exception.message}")
        elif kind == "session_event" and message.session_event.HasField(
            "script_compilation_exception"
        ):
            exceptions.append(message.session_event.script_compilation_exception.message)
        elif kind == "script_finished":
            did = f"the script ran in a session and made {elements} elements"
            return {"did": did, "asked": False, "exceptions": exceptions}


async def _connect(place: str) -> tuple[Any, Any]:
    """(send, receive) of a connection: newer versions of Streamlit come without tornado."""
    try:
        from tornado.httpclient import HTTPRequest  # type: ignore[import-not-found]
        from tornado.websocket import websocket_connect  # type: ignore[import-not-found]
    except ImportError:
        from websockets import Subprotocol, connect

        protocols = [Subprotocol("streamlit")]
        socket = await connect(f"ws://{place}", subprotocols=protocols, max_size=None)
        return socket.send, socket.recv
    request = HTTPRequest(f"ws://{place}")
    old = await websocket_connect(request, subprotocols=["streamlit"], max_message_size=1 << 30)

    async def send(data: bytes) -> None:
        await old.write_message(data, binary=True)

    return send, old.read_message


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(main(sys.argv[1]))))
