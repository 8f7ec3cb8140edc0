"""A throw-away certificate authority: lives as long as the process, trusted by nobody else."""

from __future__ import annotations

import os
import ssl
from functools import lru_cache
from pathlib import Path

import trustme

_HOSTS = 256


class Authority:
    """Writes `ca.pem`, the certificate to trust, into `folder`; its private key stays in memory."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._authority = trustme.CA(organization_name="fit512, thrown away after the run")
        self.certificate = folder / "ca.pem"
        self._authority.cert_pem.write_to_path(self.certificate)
        self.context = lru_cache(_HOSTS)(self._context)

    def _context(self, host: str) -> ssl.SSLContext:
        """A server's context with a certificate for `host`, a name or an address."""
        leaf = self._authority.issue_cert(host)
        # ssl reads keys from files alone: ours is there for the moment of the reading.
        file = self._folder / "leaf.pem"
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as pem:
                pem.write(leaf.private_key_and_cert_chain_pem.bytes())
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(file)
        finally:
            file.unlink()
        return context


def trusting(certificate: Path) -> dict[str, str]:
    """Variables that make OpenSSL, httpx, requests, curl and pip trust this certificate alone."""
    names = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "PIP_CERT")
    return {name: str(certificate) for name in names}


def proxied(proxy: str) -> dict[str, str]:
    """Variables that send http and https through `proxy`, and loopback past it."""
    through = {"HTTP_PROXY": proxy, "HTTPS_PROXY": proxy, "NO_PROXY": "127.0.0.1,localhost"}
    return {**through, **{name.lower(): value for name, value in through.items()}}
