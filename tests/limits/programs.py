"""Small programs whose use of memory is known, run by a bare interpreter."""

from __future__ import annotations

import sys

MIB = 1024 * 1024


def python(code: str, *arguments: object) -> list[str]:
    return [sys.executable, "-I", "-S", "-c", code, *map(str, arguments)]


SLEEP = python("import time; time.sleep(60)")

# Holds argv[1] MiB, says so, and waits for a minute.
HOLD = "import sys, time; b = bytearray(int(sys.argv[1]) << 20); print('held', flush=True); time.sleep(60)"

# Holds argv[1] MiB and ends well.
ALLOCATE = "import sys; b = bytearray(int(sys.argv[1]) << 20); print('alive', flush=True)"

# argv[1] MiB for 20 ms, then nothing.
SPIKE = """
import sys, time
b = bytearray(int(sys.argv[1]) << 20)
time.sleep(0.02)
del b
print('over', flush=True)
time.sleep(60)
"""

# argv[1] workers of argv[2] MiB each; argv[3] MiB in the parent, shared with them.
WORKERS = """
import os, sys, time
shared = bytearray(int(sys.argv[3]) << 20)
reader, writer = os.pipe()
for _ in range(int(sys.argv[1])):
    if os.fork() == 0:
        own = bytearray(int(sys.argv[2]) << 20)
        os.write(writer, b'.')
        time.sleep(60)
ready = 0
while ready < int(sys.argv[1]):
    ready += len(os.read(reader, 100))
print('ready', flush=True)
time.sleep(60)
"""

# A worker takes argv[1] MiB; the parent lives on and ends well.
GREEDY_WORKER = """
import os, sys
if os.fork() == 0:
    b = bytearray(int(sys.argv[1]) << 20)
    os._exit(0)
_, status = os.wait()
print(os.waitstatus_to_exitcode(status), flush=True)
"""

# Leaves a process in a session of its own, whose parent is not ours any more, and ends.
ORPHAN = """
import os, sys, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        print(os.getpid(), flush=True)
        os.close(1)
        time.sleep(60)
    os._exit(0)
os.wait()
"""

# Holds argv[1] MiB, and has a child that lives in the same memory, as one of vfork() does until exec.
VFORK = """
import ctypes, sys, time
held = bytearray(int(sys.argv[1]) << 20)
libc, stack = ctypes.CDLL(None), ctypes.create_string_buffer(1 << 16)
pause = ctypes.cast(libc.pause, ctypes.c_void_p)
top = ctypes.c_void_p(ctypes.addressof(stack) + (1 << 15) & ~15)
CLONE_VM, SIGCHLD = 0x100, 17
assert libc.clone(pause, top, CLONE_VM | SIGCHLD, None) > 0
print('held', flush=True)
time.sleep(60)
"""

# Touches every page of the file argv[1] through a mapping, says so, and waits.
MAP = """
import mmap, sys, time
with open(sys.argv[1], 'rb') as file:
    mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
total = sum(mapped[n] for n in range(0, len(mapped), 4096))
print('mapped', flush=True)
time.sleep(60)
"""
