"""Where a redirected request goes: any provider's chat address becomes the local upstream's."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from urllib.parse import urlsplit

_AFTER_V1 = re.compile(r".*/v1(/.*)?")
_ENDPOINTS = ("/chat/completions", "/completions", "/embeddings", "/models")


@dataclass(frozen=True)
class Route:
    """The upstream's address, and the hosts that lead to it (None: all)."""

    to_host: str
    to_port: int
    allow: Sequence[str] | None = None
    asked: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    def admits(self, host: str) -> bool:
        """Whether the host is let through; either way it is recorded as asked for."""
        allowed = self.allow is None or any(fnmatchcase(host, pattern) for pattern in self.allow)
        for record in [self.asked] if allowed else [self.asked, self.refused]:
            if host not in record and len(record) < 1000:
                record.append(host)
        return allowed


def local_path(target: str) -> str:
    """The upstream's path for a provider's: `/api/v1/chat/completions` is `/v1/chat/completions`.

    A path that ends with an endpoint's name is that endpoint's, whatever stands before (Azure's
    deployments); of others what follows the last /v1 counts, and the rest stay as they are. The
    query is kept.
    """
    path, mark, query = target.partition("?")
    endpoint = next((name for name in _ENDPOINTS if path.endswith(name)), None)
    match = _AFTER_V1.fullmatch(path)
    if endpoint:
        path = "/v1" + endpoint
    elif match:
        path = "/v1" + (match[1] or "")
    return path + mark + query


def host_of(authority: str) -> str:
    """The host in `host:port`, lower case and IPv6 without brackets; ValueError without one."""
    if authority.count(":") > 1 and "[" not in authority and "@" not in authority:
        authority = "[{}]:{}".format(*authority.rsplit(":", 1))  # as httpx asks for an IPv6 tunnel
    host = urlsplit(f"//{authority}").hostname
    if not host:
        raise ValueError(f"no host in {authority!r}")
    return host
