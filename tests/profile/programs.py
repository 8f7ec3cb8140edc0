"""Small servers whose use of memory is known, run by a bare interpreter."""

from __future__ import annotations

from pathlib import Path

MIB = 1024 * 1024

SERVE = """
import os, socket, sys, time

def listen():
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(("127.0.0.1", int(os.environ["PORT"])))
    server.listen(64)
    return server

def serve(answer=lambda: None, server=None):
    server = server or listen()
    while True:
        client, _ = server.accept()
        if is_get(client):
            answer()
            client.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\nConnection: close\\r\\n\\r\\nok")
        client.close()

def is_get(client):
    data = b""
    while b"\\r\\n\\r\\n" not in data:
        more = client.recv(65536)
        if not more:
            return False
        data += more
    return data.startswith(b"GET")
"""


def command(python: Path, code: str, *arguments: object) -> list[str]:
    """`code` may call serve(answer), which listens on PORT and answers every GET."""
    return [str(python), "-I", "-S", "-c", f"{SERVE}\n{code}", *map(str, arguments)]


# Holds argv[1] MiB.
ALLOCATE = "held = bytearray(int(sys.argv[1]) << 20); serve()"

# Maps the file argv[1] and reads the first argv[2] MiB of it.
MAP = """
import mmap
file = open(sys.argv[1], 'rb')
mapped = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
for place in range(0, int(sys.argv[2]) << 20, 4096):
    mapped[place]
serve()
"""

# Four workers that share argv[1] MiB with their parent.
WORKERS = """
shared = bytearray(int(sys.argv[1]) << 20)
for _ in range(4):
    if os.fork() == 0:
        time.sleep(600)
serve()
"""

# Listens, as gunicorn does, before six workers load argv[1] MiB each: one after the other is ready.
LATE_WORKERS = """
server = listen()
for number in range(6):
    if os.fork() == 0:
        until = time.monotonic() + 0.5 + number
        while time.monotonic() < until:
            time.sleep(0.001)  # imports
        held = bytearray(int(sys.argv[1]) << 20)
        serve(server=server)
time.sleep(600)
"""

# argv[1] MiB for 20 ms, once, at the first request.
SPIKE = """
done = []
def spike():
    if not done:
        done.append(1)
        held = bytearray(int(sys.argv[1]) << 20)
        time.sleep(0.02)
serve(spike)
"""

# Keeps argv[1] KiB of each request.
LEAK = """
kept = []
serve(lambda: kept.append(bytearray(int(sys.argv[1]) << 10)))
"""

NEVER_READY = "time.sleep(600)"
ENDS = "print('no such setting', flush=True); sys.exit(3)"

# Listens on another port at each start, whatever PORT says.
ANY_PORT = "os.environ['PORT'] = '0'; serve()"

# Serves, but is never ready.
BUSY = """
import http.server
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_error(503)
http.server.HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
"""

# Leaves a process in a session of its own, then serves.
ORPHAN = """
import subprocess
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        open(sys.argv[1], 'w').write(str(os.getpid()))
        time.sleep(600)
    os._exit(0)
os.wait()
serve()
"""

# Hangs at its second start, and serves at the others.
SECOND_HANGS = """
open(starts, 'a').write('.')
if len(open(starts).read()) == 2:
    time.sleep(600)
serve()
"""
