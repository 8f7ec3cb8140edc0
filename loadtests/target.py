"""The service under test, and how it is started."""

from __future__ import annotations

import os
import sys
import sysconfig
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MODEL = ROOT / "models/all-MiniLM-L6-v2"
STORE = ROOT / "stores/shop"
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
