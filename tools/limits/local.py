"""The local servers as context managers: a model API, and a proxy that leads every host to it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from vectorstore.commandline import CommandError

_ROOT = Path(__file__).resolve().parents[2]  # where `tools` is found with no installation either
_CONTROL = "/__fit512"
_STOP_S = 5.0


class Server:
    """A server of ours in a process of its own, which ends with us at the latest."""

    def __init__(self, module: str, arguments: Sequence[str]) -> None:
        command = [sys.executable, "-m", module, "--until-eof", *arguments]
        self._process = subprocess.Popen(
            command,
            cwd=_ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is ours to handle: what runs still needs its servers
        )
        self.where: dict[str, Any] = {}
        try:
            self.where = self._announced(module)
        except BaseException:
            self.close()
            raise

    def _announced(self, module: str) -> dict[str, Any]:
        line = self._process.stdout.readline() if self._process.stdout else b""
        if not line:
            code = self._process.wait()
            raise CommandError(
                f"`python -m {module}` ended with {code} before it listened; its reason stands above."
            )
        where: dict[str, Any] = json.loads(line)
        return where

    @property
    def pid(self) -> int:
        return self._process.pid

    def close(self) -> None:
        """End the server. Calling it again does nothing."""
        if self._process.stdin:
            self._process.stdin.close()
        try:
            self._process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _control(self, url: str, method: str = "GET") -> Any:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(urllib.request.Request(url, method=method), timeout=30) as response:
            return json.load(response)


class Upstream(Server):
    """A running model API. `base_url` is what an OpenAI client is given."""

    def __init__(self, arguments: Sequence[str]) -> None:
        super().__init__("tools.limits.upstream", arguments)
        self.base_url: str = self.where["base_url"]
        self._requests = self.base_url.removesuffix("/v1") + f"{_CONTROL}/requests"

    def requests(self) -> list[dict[str, Any]]:
        """Bodies of the last chat requests (10,000 or `keep`, 64 MiB in all), the oldest first."""
        return [entry["body"] for entry in self.received() if entry["body"] is not None]

    def received(self) -> list[dict[str, Any]]:
        """The same with `path`, `host`, `fault` and whether there was an `authorization`."""
        entries: list[dict[str, Any]] = self._control(self._requests)["requests"]
        return entries

    def count(self) -> int:
        """All chat requests so far, also those that are no longer kept."""
        return int(self._control(self._requests)["total"])

    def clear(self) -> None:
        """Forget the requests so far."""
        self._control(self._requests, method="DELETE")


class Redirect(Server):
    """A running proxy. A process started with `env` in its environment reaches nothing but it."""

    def __init__(self, arguments: Sequence[str]) -> None:
        super().__init__("tools.limits.redirect", arguments)
        self.env: dict[str, str] = self.where["env"]

    def hosts(self) -> list[str]:
        """Hosts asked for, each once, in the order of the first request; refused ones too."""
        hosts: list[str] = self._control(self.where["proxy"] + f"{_CONTROL}/hosts")["hosts"]
        return hosts

    def refused(self) -> list[str]:
        """Hosts asked for that are not allowed."""
        hosts: list[str] = self._control(self.where["proxy"] + f"{_CONTROL}/hosts")["refused"]
        return hosts

    def close(self) -> None:
        super().close()
        # The server removes its folder itself, unless somebody killed it.
        if "ca" in self.where:
            shutil.rmtree(Path(self.where["ca"]).parent, ignore_errors=True)


def upstream(
    *,
    latency_ms: float = 0.0,
    token_rate: float = 0.0,
    faults: Mapping[str, float] | None = None,
    seed: int = 0,
    retry_after_s: int = 1,
    keep: int = 10_000,
    port: int = 0,
) -> Upstream:
    """Start a model API on 127.0.0.1: `latency_ms` to the first token, then `token_rate` tokens/s.

    `faults` are shares by kind: an error status ("429"), "timeout", "cut", "garbage" or "reset".
    Use the result as a context manager. Raises CommandError when it cannot be started.
    """
    numbers = {"latency-ms": latency_ms, "token-rate": token_rate, "seed": seed, "port": port}
    numbers |= {"retry-after-s": retry_after_s, "keep": keep}
    arguments = [f"--{name}={number}" for name, number in numbers.items()]
    arguments += [f"--fault={kind}:{share}" for kind, share in (faults or {}).items()]
    return Upstream(arguments)


def redirect(to: str, *, allow: Sequence[str] | None = None, port: int = 0) -> Redirect:
    """Start a proxy that answers every http and https host from `to`, the base URL of an upstream.

    `allow` names the hosts that are let through to it ("openrouter.ai", "*.example.org"); others
    get 403. None allows all. Use the result as a context manager. Raises CommandError.
    """
    allowed = [f"--allow={host}" for host in allow or []]
    nobody = ["--allow-none"] if allow is not None and not allow else []
    return Redirect([f"--to={to}", f"--port={port}", *allowed, *nobody])
