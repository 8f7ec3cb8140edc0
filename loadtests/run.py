"""One load test: the upstream, the service inside its limit, the load, and what all three came to."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from loadtests.locust_run import Sent, drive
from loadtests.memory import OfLimited, OfMetrics, Peak, Sample, Sampler, Source
from loadtests.options import Options
from loadtests.target import Target
from tools.limits import Limited, Upstream, evict, redirect, start, upstream
from tools.limits.free_port import free_port
from tools.limits.ready import NotReady, await_ready
from vectorstore.commandline import CommandError

LISTENS_WITHIN_S = 10.0
READY_WITHIN_S = 120.0
HITS_A_SECOND = 1000  # hundreds of thousands were seen; a server that is only slow has none
NOTHING_SENT = Sent((), (), (), ())


@dataclass(frozen=True)
class Model:
    """The local upstream: its latency in ms to the first token, tokens per second, shares of faults."""

    latency_ms: float = 200.0
    token_rate: float = 0.0
    faults: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Ran:
    """What was measured. `ended`: how the server ended by itself, None when it did not.

    `full`: it lived, but was never ready, because its limit was full.
    """

    sent: Sent
    samples: Sequence[Sample]
    peak: Peak
    how_memory: str
    ready_s: float | None = None
    ended: str | None = None
    full: bool = False
    enforcement: str | None = None
    warning: str | None = None
    left_in_cache_mib: float | None = None
    upstream_requests: int | None = None


def run_remote(host: str, limit_mib: float | None, options: Options, extra: Sequence[str]) -> Ran:
    """Load a service that runs somewhere; its memory is what its /metrics tells.

    Raises CommandError when nothing listens there.
    """
    _must_listen(host)
    source = OfMetrics(host, limit_mib)
    with Sampler(source) as samples:
        sent = drive(host, options, extra, ended=lambda: False)
    source.sample()
    return Ran(sent, samples, source.peak(), source.how if samples else "not measured")


def _must_listen(host: str) -> None:
    url = urlsplit(host)
    address = (url.hostname or "", url.port or (443 if url.scheme == "https" else 80))
    try:
        socket.create_connection(address, LISTENS_WITHIN_S).close()
    except OSError as error:
        raise CommandError(
            f"{url.scheme}://{address[0]}:{address[1]}: nothing listens there ({error})."
        ) from error


def run_local(
    target: Target,
    limit_mib: float | None,
    model: Model,
    options: Options,
    extra: Sequence[str],
) -> Ran:
    """Start the service cold inside the limit, beside a local upstream, and load it.

    Raises CommandError when it, or Locust, cannot be started.
    """
    evicted = evict(target.cold)
    with _started(target, limit_mib, model, Path(options.out)) as (app, port, local):
        source = OfLimited(app, _address(port), limit_mib)
        ready_s = _ready_s(app, port, target.ready_path)
        sent: Sent = NOTHING_SENT
        samples: Sequence[Sample | None] = [source.sample()]
        if ready_s is not None:
            sent, samples = _load(app, port, source, options, extra)
        code = app.poll()
        return Ran(
            sent,
            [sample for sample in samples if sample],
            source.peak(),
            source.how,
            ready_s,
            _how_it_ended(app, code, ready_s),
            code is None and ready_s is None,
            str(app.enforcement),
            app.warning,
            evicted.kept_mib,
            local.count(),
        )


def _ready_s(app: Limited, port: int, path: str) -> float | None:
    """None when it ended, or had no room left, before it was ready, which is a result."""
    try:
        return await_ready(app, port, path, within_s=READY_WITHIN_S)
    except NotReady:
        if app.poll() is None and not _is_full(app):
            raise
        return None


def _is_full(app: Limited) -> bool:
    """Whether it runs into its limit all the time: its own files are dropped and read again and again."""
    before = app.read().limit_hits
    time.sleep(1)
    now = app.read().limit_hits
    return before is not None and now is not None and now - before >= HITS_A_SECOND


def _load(
    app: Limited, port: int, source: Source, options: Options, extra: Sequence[str]
) -> tuple[Sent, Sequence[Sample | None]]:
    time.sleep(1)
    with Sampler(source) as samples:
        sent = drive(_address(port), options, extra, lambda: app.poll() is not None)
        time.sleep(1)  # what a worker's end leaves shows a moment later
    return sent, samples


def _address(port: int) -> str:
    return f"http://127.0.0.1:{port}"


def _how_it_ended(app: Limited, code: int | None, ready_s: float | None) -> str | None:
    if code is None:
        full = f"server was not ready within {READY_WITHIN_S:g} s and had no room left"
        return None if ready_s is not None else full
    when = "before it was ready" if ready_s is None else "under load"
    how = "was killed for memory" if app.oom_killed else f"ended with {code}"
    return f"server {how} {when}"


@contextmanager
def _started(
    target: Target, limit_mib: float | None, model: Model, out: Path
) -> Iterator[tuple[Limited, int, Upstream]]:
    with ExitStack() as stack:
        local = stack.enter_context(
            upstream(
                latency_ms=model.latency_ms,
                token_rate=model.token_rate,
                faults=model.faults,
                keep=1,
            )
        )
        environment = target.variables(local.base_url)
        if target.redirected:
            environment |= stack.enter_context(redirect(local.base_url)).env
        port = free_port()
        log = stack.enter_context((out / "server.log").open("wb"))
        app = start(
            target.words(port),
            limit_mib=limit_mib,
            cwd=target.folder,
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        yield stack.enter_context(app), port, local
