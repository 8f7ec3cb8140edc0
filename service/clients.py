"""Who asks: by API token, else by address."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from hmac import compare_digest
from ipaddress import IPv4Address, IPv6Address, ip_address

from starlette.types import Scope


class Clients:
    """Tells clients apart. `tokens`: when there are any, a request needs one of them.

    `proxies`: how many in front append to X-Forwarded-For; of what stands further left anybody may
    be the author.
    """

    def __init__(self, tokens: Iterable[str], proxies: int) -> None:
        self._tokens = [_digest(token.encode()) for token in tokens]
        self._proxies = proxies

    def admits(self, scope: Scope) -> bool:
        """Whether the request has a token, if it needs one."""
        # Digests are of one length, so that the time to compare tells nothing.
        given = _digest(_bearer(scope))
        return not self._tokens or any(compare_digest(given, token) for token in self._tokens)

    def name(self, scope: Scope) -> str:
        """Who asks; never a token itself."""
        if self._tokens:
            return f"token-{_digest(_bearer(scope)).hex()[:16]}"
        if self._proxies and (hops := _header(scope, b"x-forwarded-for").decode("latin-1")):
            return _network(hops.split(",")[-self._proxies :][0].strip())
        return _network(str((scope.get("client") or ("-",))[0]))


def _network(hop: str) -> str:
    """The address without a port, which some proxies append; of IPv6 the /64 that one client has."""
    bare = hop.partition("]")[0].lstrip("[") if "[" in hop else hop
    host = bare.partition(":")[0] if bare.count(":") == 1 else bare
    try:
        address = ip_address(host)
    except ValueError:
        return host[:64]
    if isinstance(address, IPv4Address):
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(IPv6Address(int(address) >> 64 << 64))


def _bearer(scope: Scope) -> bytes:
    scheme, _, token = _header(scope, b"authorization").partition(b" ")
    return token.strip() if scheme.lower() == b"bearer" else b""


def _header(scope: Scope, name: bytes) -> bytes:
    values = [value for key, value in scope["headers"] if key == name]
    return b",".join(values)


def _digest(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()
