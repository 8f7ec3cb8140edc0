"""Run a command inside a memory limit, read its memory, and give it a local model API to talk to.

    with start(["python", "-m", "service"], limit_mib=512, cold=[Path("models")]) as app:
        ...
        print(app.peak().working_set_mib, app.oom_killed)

Names are imported when first used: reading memory loads neither a web server nor certificates.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tools.limits.cold import Evicted as Evicted
    from tools.limits.cold import evict as evict
    from tools.limits.enforce import Enforcement as Enforcement
    from tools.limits.local import Redirect as Redirect
    from tools.limits.local import Upstream as Upstream
    from tools.limits.local import redirect as redirect
    from tools.limits.local import upstream as upstream
    from tools.limits.memory import Reading as Reading
    from tools.limits.network import cut_off as cut_off
    from tools.limits.network import why_not as why_not
    from tools.limits.process import Limited as Limited
    from tools.limits.process import start as start
    from tools.limits.units import format_mib as format_mib
    from tools.limits.units import parse_mib as parse_mib

_MODULE_OF = {
    "Enforcement": "enforce",
    "Evicted": "cold",
    "Limited": "process",
    "Reading": "memory",
    "Redirect": "local",
    "Upstream": "local",
    "cut_off": "network",
    "evict": "cold",
    "format_mib": "units",
    "parse_mib": "units",
    "redirect": "local",
    "start": "process",
    "upstream": "local",
    "why_not": "network",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(_MODULE_OF)
