"""The service under test: how it is started, and when it is ready."""

from __future__ import annotations

import http.client
import os
import sys
import sysconfig
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tools.limits import Limited
from vectorstore.commandline import CommandError

ROOT = Path(__file__).resolve().parent.parent
MODEL = ROOT / "models/all-MiniLM-L6-v2"
STORE = ROOT / "stores/shop"
READY_WITHIN_S = 120
_KEPT = ("PATH", "HOME", "LANG", "TMPDIR", "LD_LIBRARY_PATH")


@dataclass(frozen=True)
class Target:
    """A command with `{port}` in it, and an environment with `{upstream}` in it.

    `cold` is dropped from the page cache before the start. `redirected`: it asks a hard-coded host,
    which is led to the local upstream.
    """

    command: Sequence[str]
    folder: Path = ROOT
    environment: Mapping[str, str] = field(default_factory=dict)
    ready_path: str = "/ready"
    cold: Sequence[Path] = ()
    redirected: bool = False
    cores: int | None = None  # None: all of them

    def words(self, port: int) -> list[str]:
        """The command to run; taskset(1) stands before it where it may use some cores only."""
        pinned = ["taskset", "--cpu-list", f"0-{self.cores - 1}"] if self.cores else []
        return [*pinned, *(word.replace("{port}", str(port)) for word in self.command)]

    def variables(self, upstream: str) -> dict[str, str]:
        """The target's environment: its own variables on what every program needs, no keys of ours."""
        kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
        own = {
            name: value.replace("{upstream}", upstream) for name, value in self.environment.items()
        }
        return {**kept, **own}


def service(engine: str) -> Target:
    """Our own service on the sample store, with `CHAT_ENGINE=engine`."""
    settings = {
        "MODEL_DIR": str(MODEL),
        "STORE_DIR": str(STORE),
        "CHAT_ENGINE": engine,
        "LLM_API_KEY": "local",
        "LLM_BASE_URL": "{upstream}",
    }
    packages = Path(sysconfig.get_paths()["platlib"])
    cold = [packages, ROOT / "service", ROOT / "vectorstore", MODEL, STORE]
    return Target((sys.executable, "-m", "service", "--port", "{port}"), ROOT, settings, cold=cold)


def await_ready(app: Limited, port: int, path: str) -> float | None:
    """Seconds from the start to the first 200; None when the app ended before.

    Raises CommandError when it takes longer than two minutes.
    """
    deadline = app.started_s + READY_WITHIN_S
    while time.monotonic() < deadline:
        if app.poll() is not None:
            return None
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", path)
            if connection.getresponse().status == 200:
                return time.monotonic() - app.started_s
        except (OSError, http.client.HTTPException):
            pass
        finally:
            connection.close()
        time.sleep(0.02)
    raise CommandError(f"the service did not answer GET {path} with 200 within {READY_WITHIN_S} s.")
