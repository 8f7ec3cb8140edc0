"""What a host has to know about an app, and where each value came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Generic, Literal, TypeVar

T = TypeVar("T", covariant=True)
PORT = "$PORT"
SHARE = 0.8  # of the limit: hosts have killed what passed at 97 % elsewhere
Profile = Literal["measured", "measured on other code", "not measured"]


@dataclass(frozen=True, slots=True)
class Found(Generic[T]):
    """A value and the file, line or default that it is from."""

    value: T
    source: str


@dataclass(frozen=True, slots=True)
class Plan:
    """All of it for one service. Paths are below the repository, with "/"; memory is in MiB."""

    name: Found[str]
    framework: Found[str]
    app: Found[str | None]  # module:object; None: the command makes it
    made: Found[str]  # module, factory, main or script, as `tools.migrate apps` says it
    folder: Found[str]  # where the command is run
    command: Found[str]
    port: Found[str | int | None]  # "$PORT", a number that the code fixes, None: it listens to none
    build: Found[str | None]  # makes model and store, after the installation
    keep: Found[tuple[str, ...]]  # what the running app needs; () is all
    dockerfile: Found[bool]  # in the root
    python: Found[str]
    manifest: Found[str | None]
    needs: Found[tuple[str, ...]]  # by the command, and not in the manifest
    lock: Found[str | None]  # the manifest resolved, with hashes: what the host installs
    reads: Found[tuple[str, ...]]  # all files that the installation reads; () where more may be
    local: Found[
        tuple[str, ...]
    ]  # (place of a call on 127.0.0.1 alone, variable that may say else)
    health: Found[str | None]
    secrets: Found[tuple[str, ...]]  # names only
    environment: Found[Mapping[str, str]]
    models: Found[tuple[str, ...]]
    stores: Found[tuple[str, ...]]
    profile: Found[Profile]
    peak_mib: Found[float | None]  # the working set, the highest of the runs
    redis: Found[bool]
    instances: Found[int]
    repository: Found[str | None]  # owner/name on GitHub
    render_name: Found[str]  # of the service on Render, which takes any
    render_plan: Found[str]
    heroku_size: Found[str]
    railway: Found[Mapping[str, Any]]  # {"build": {…}, "deploy": {…}}, over what is generated there
    limit_mib: Found[float]  # of the plan that is meant, where the platform does not say

    @property
    def web(self) -> bool:
        """Whether it listens at all; a bot that polls does not."""
        return self.port.value is not None

    def as_json(self) -> dict[str, Any]:
        """{"name": {"value": …, "source": …}, …}"""
        found = ((field.name, getattr(self, field.name)) for field in fields(self))
        return {name: {"value": _plain(item.value), "source": item.source} for name, item in found}


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    return list(value) if isinstance(value, tuple) else value
