"""Has memray track each Python of a command; runs as `sitecustomize` in a foreign Python.

FOLDER/PID.bin gets the allocations (FOLDER/PID.bin.CHILD of a forked worker), FOLDER/PID.why the
reason why there are none. memray is taken from the app's environment, else from ours where that was
built for the same Python.
"""

from __future__ import annotations

import os
import sys

_OUT = os.environ["FIT512_WHO_OUT"]
_OURS = os.environ["FIT512_MEMRAY"]  # folder with our memray
_TAG = os.environ["FIT512_MEMRAY_TAG"]  # the Python and platform that it was built for


def _track() -> str:
    """Have memray track this process; returns why it could not."""
    tag = f"{sys.implementation.cache_tag} {sys.platform}"
    try:
        _begin()
    except ImportError:
        if tag != _TAG:
            return f"{sys.executable} has no memray, and ours is for {_TAG}, not {tag}"
        sys.path.append(_OURS)
        try:
            _begin()
        except ImportError as error:
            return f"memray cannot be imported by {sys.executable}: {error}"
        finally:
            sys.path.remove(_OURS)
    return ""


def _begin() -> None:
    import memray

    destination = memray.FileDestination(
        f"{_OUT}/{os.getpid()}.bin", overwrite=True, compress_on_exit=False
    )
    # Never left: a process that is killed has its records in the file all the same.
    memray.Tracker(destination=destination, native_traces=True, follow_fork=True).__enter__()


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
_why = _track()
if _why:
    with open(f"{_OUT}/{os.getpid()}.why", "w", encoding="utf-8") as reason:
        reason.write(_why)
