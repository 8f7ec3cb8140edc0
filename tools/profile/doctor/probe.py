"""How long the model API takes to its first byte, asked without a key and without a question."""

from __future__ import annotations

import http.client
import re
import statistics
import time
import urllib.error
import urllib.request
from urllib.parse import quote, urlsplit

from vectorstore.base import without_secrets
from vectorstore.commandline import CommandError

_TIMES, _WAIT_S = 3, 35.0
VARIABLES = ("LLM_BASE_URL", "OPENAI_BASE_URL", "OPENAI_API_BASE", "OPENROUTER_BASE_URL")


def latency_ms(base_url: str) -> float:
    """The median of GET BASE_URL/models; an error status is an answer too. Raises CommandError."""
    url = _models(base_url)
    return statistics.median(_once(url) for _ in range(_TIMES))


def _models(base_url: str) -> str:
    """The address that is asked: without user, password and parameters, which may be keys."""
    try:
        parts = urlsplit(base_url)
        host, _ = parts.hostname or "", parts.port  # ValueError for a port that is no number
    except ValueError:
        host = ""
    if not re.fullmatch(r"[\w.:-]+", host) or parts.scheme not in ("http", "https"):
        raise CommandError("the model API's address is no http or https address to probe.")
    path = quote(f"{parts.path.rstrip('/')}/models", safe="/%")
    return f"{parts.scheme}://{without_secrets(parts.netloc)}{path}"


def _once(url: str) -> float:
    started = time.perf_counter()
    try:
        with urllib.request.urlopen(url, timeout=_WAIT_S) as response:
            response.read(1)
    except urllib.error.HTTPError as error:
        error.close()
    except (OSError, http.client.HTTPException) as error:  # also what speaks no HTTP
        raise CommandError(f"{url}: gave no answer ({error}).") from error
    return (time.perf_counter() - started) * 1000
