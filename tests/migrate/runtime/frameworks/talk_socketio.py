from __future__ import annotations

from flask import Flask
from flask_socketio import SocketIO, emit

from tests.migrate.runtime.frameworks.shared_bot import ask
from tools.migrate.runtime.sessions import WsgiSessionMiddleware

app = Flask(__name__)
app.wsgi_app = WsgiSessionMiddleware(app.wsgi_app)
sockets = SocketIO(app, async_mode="threading")


@sockets.on("message")
def answer(text):
    emit("answer", ask(text))


anna, ben = sockets.test_client(app), sockets.test_client(app)
for number in range(4):
    for page, name in ((anna, "a"), (ben, "b")):
        page.emit("message", f"{name}{number}")
        print(page.get_received()[-1]["args"][0])
