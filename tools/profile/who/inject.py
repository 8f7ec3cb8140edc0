"""Code of ours inside the Python processes of any command: a `sitecustomize` on PYTHONPATH.

https://docs.python.org/3/library/site.html#module-sitecustomize: imported at start-up, before the
app, by every interpreter that the command starts, workers and console scripts included. The app's
environment needs nothing of ours.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

OUT = "FIT512_WHO_OUT"  # the folder that a hook writes into


@dataclass(frozen=True)
class Injected:
    """The variables to start the command with, and the folder that the hook writes into."""

    variables: Mapping[str, str]
    out: Path


@contextmanager
def injected(hook: Path, environment: Mapping[str, str]) -> Iterator[Injected]:
    """Have `hook` run first in each Python that gets the variables on top of `environment`.

    Everything is in a temporary folder that is removed at the end.
    """
    with tempfile.TemporaryDirectory(prefix="fit512-who-") as folder:
        code, out = Path(folder, "code"), Path(folder, "out")
        code.mkdir()
        out.mkdir()
        shutil.copy(hook, code / "sitecustomize.py")
        path = os.pathsep.join(filter(None, [str(code), environment.get("PYTHONPATH")]))
        yield Injected({"PYTHONPATH": path, OUT: str(out)}, out)
