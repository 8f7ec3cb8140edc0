"""How long the model API takes to its first byte, asked without a key and without a question."""

from __future__ import annotations

import statistics
import time
import urllib.error
import urllib.request
from urllib.parse import urlsplit

from vectorstore.commandline import CommandError

_TIMES, _WAIT_S = 3, 35.0
VARIABLES = ("LLM_BASE_URL", "OPENAI_BASE_URL", "OPENAI_API_BASE", "OPENROUTER_BASE_URL")


def latency_ms(base_url: str) -> float:
    """The median of GET BASE_URL/models; an error status is an answer too. Raises CommandError."""
    if urlsplit(base_url).scheme not in ("http", "https"):
        raise CommandError(f"{base_url}: is no http or https address to probe.")
    return statistics.median(_once(f"{base_url.rstrip('/')}/models") for _ in range(_TIMES))


def _once(url: str) -> float:
    started = time.perf_counter()
    try:
        with urllib.request.urlopen(url, timeout=_WAIT_S) as response:
            response.read(1)
    except urllib.error.HTTPError as error:
        error.close()
    except OSError as error:
        raise CommandError(f"{url}: gave no answer ({error}).") from error
    return (time.perf_counter() - started) * 1000
