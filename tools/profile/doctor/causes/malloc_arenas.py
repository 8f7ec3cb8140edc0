"""glibc gives each thread an arena of its own, and keeps what was freed in it.

Only what was measured on this app: `python -m tools.profile malloc`.
"""

from __future__ import annotations

from tools.profile.doctor.evidence import Evidence, Finding
from tools.profile.doctor.hostlog import Trouble

_LEAST_MIB = 8.0


def find(evidence: Evidence) -> Finding | None:
    malloc = (evidence.profile.malloc if evidence.profile else None) or {}
    gains = [
        (figure["median"], figure["min"], setting)
        for setting in malloc.get("settings", [])
        if (figure := setting.get("gain_mib"))
    ]
    if not gains:
        return None
    gain, least, setting = max(gains, key=lambda found: found[0])
    if gain < _LEAST_MIB or least <= 0:  # a gain in some runs only is noise
        return None
    variables = " ".join(f"{name}={value}" for name, value in setting["variables"].items())
    return Finding(
        cause="malloc_arenas",
        trouble=Trouble.MEMORY,
        what=f"the allocator keeps freed memory: with {setting['name']} this app held less",
        remedy=f"Set {variables} in the host's environment.",
        mib=gain,
    )
