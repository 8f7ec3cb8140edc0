"""Writes what each import adds to the RSS of its process; runs as `sitecustomize` in a foreign Python.

Made of what every interpreter has loaded by then, since an import of its own would stand in the
ladder, and for Python 3.8 and later. One line per import, ended or failed, in FOLDER/PID.tsv:

    id  parent  name  importer  pages before  pages after  ns before  ns after  1 if it failed

`parent` is the id of the import during which it happened, 0 for none. The first line is a header:
page size, Python's version, the process it was forked from and the first id after that. A file that
could not be written whole becomes FOLDER/PID.ERRNO.lost.
"""

from __future__ import annotations

import _thread
import os
import sys
import time
from itertools import count

_OUT = os.environ["FIT512_WHO_OUT"]
_bootstrap = sys.modules["_frozen_importlib"].__dict__
_find_and_load = _bootstrap["_find_and_load"]  # which the import statement looks up here
_loading = _thread._local()
_ids = count(1)
_last = 0
_file = ""


def _pages() -> int:
    """Resident pages; /proc/PID/statm is the cheapest to read."""
    statm = os.open("/proc/self/statm", os.O_RDONLY)
    try:
        return int(os.read(statm, 128).split()[1])
    finally:
        os.close(statm)


def _begin(parent: int, inherited: int) -> None:
    global _file
    _file = f"{_OUT}/{os.getpid()}.tsv"
    version = ".".join(map(str, sys.version_info[:3]))
    _write(os.sysconf("SC_PAGE_SIZE"), version, parent, inherited, _pages())


def _write(*fields: object) -> None:
    """Append a line; opened each time, since an app may close what it does not know."""
    line = "\t".join(str(field).replace("\t", " ").replace("\n", " ") for field in fields)
    if _file:
        try:
            _append(line.encode("utf-8", "replace") + b"\n")
        except OSError as error:  # no descriptor or no space is left: the app shall run on
            _lose(error.errno or 0)


def _append(line: bytes) -> None:
    lines = os.open(_file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        while line:  # on a disk that is nearly full only a part is written at first
            line = line[os.write(lines, line) :]
    finally:
        os.close(lines)


def _lose(errno: int) -> None:
    """Give the file a name that tells why it is not whole, which takes no space."""
    global _file
    lost, _file = _file, ""
    if os.path.exists(lost):  # else there is nothing to mistake for a ladder
        os.rename(lost, f"{lost[: -len('.tsv')]}.{errno}.lost")


def _importer() -> str:
    """The module whose code asks, import machinery passed over."""
    frame = sys._getframe(1).f_back  # None for an import by the interpreter itself
    while frame is not None:
        name = frame.f_globals.get("__name__", "")
        if name not in ("importlib", "importlib._bootstrap", "_frozen_importlib"):
            return str(name)
        frame = frame.f_back
    return ""


def _measured(name: str, import_: object) -> object:
    global _last
    if name in sys.modules:
        return _find_and_load(name, import_)
    stack = _loading.__dict__.setdefault("stack", [0])
    parent, number = stack[-1], next(_ids)
    _last = max(_last, number)
    stack.append(number)
    importer, started, before = _importer(), time.perf_counter_ns(), _pages()
    failed = 1
    try:
        module = _find_and_load(name, import_)
        failed = 0
        return module
    finally:
        after, ended = _pages(), time.perf_counter_ns()
        stack.pop()
        _write(number, parent, name, importer, before, after, started, ended, failed)


def _forked() -> None:
    _begin(os.getppid(), _last)


def _hand_over() -> None:
    """Run the `sitecustomize` that ours hides, where the environment has one."""
    mine = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry) != mine]
    ours = sys.modules.pop("sitecustomize")
    try:
        __import__("sitecustomize")
    except ImportError:
        sys.modules["sitecustomize"] = ours


_hand_over()
if os.path.exists("/proc/self/statm"):
    _begin(0, 0)
    _bootstrap["_find_and_load"] = _measured
    os.register_at_fork(after_in_child=_forked)
