"""A package other than torch takes much of the memory; ask whether any request needs it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tools.profile.doctor.evidence import Evidence, Finding
from tools.profile.doctor.hostlog import Trouble

_LEAST_MIB = 24.0
# Without them there is no app, or no model.
_NEEDED = {
    "django",
    "fastapi",
    "flask",
    "gradio",
    "gunicorn",
    "onnxruntime",
    "streamlit",
    "uvicorn",
}
_STANDARD_LIBRARY = "standard library"


def find(evidence: Evidence) -> Finding | None:
    found = _heavy(evidence)
    if not found:
        return None
    first, others = found[0], found[1:]
    also = "".join(f"; {o['package']} takes {o['total_mib']:.0f} MiB" for o in others[:3])
    through = " > ".join(first["chain"][:-1]) or "the app itself"
    return Finding(
        cause="heavy_import",
        trouble=Trouble.MEMORY,
        what=f"{first['package']} is imported, by {through}{also}",
        remedy=(
            "Leave out what no request needs, and import inside its function what few need; the"
            " figures are with all that a package pulls in."
        ),
        mib=first["total_mib"],
        ms=first["total_ms"],
    )


def _heavy(evidence: Evidence) -> Sequence[Mapping[str, Any]]:
    """The outermost packages that are heavy, without the app's own and those around torch."""
    own = _own(evidence)
    torch = evidence.rung("torch")
    passed_over = _NEEDED | own | set(torch["chain"] if torch else ()) | {_STANDARD_LIBRARY}
    around_torch = set(torch["chain"] if torch else ()) - own - _NEEDED
    heavy = [
        rung
        for rung in evidence.rungs
        if rung["total_mib"] >= _LEAST_MIB
        and rung["package"] not in passed_over
        and around_torch.isdisjoint(rung["chain"])
    ]
    names = {rung["package"] for rung in heavy}
    outermost = [rung for rung in heavy if names.isdisjoint(rung["chain"][:-1])]
    return sorted(outermost, key=lambda rung: -rung["total_mib"])


def _own(evidence: Evidence) -> set[str]:
    """The names of the app's own packages and modules."""
    content = (evidence.profile.content if evidence.profile else None) or {}
    return {path.removesuffix(".py") for path in content.get("paths", ())}
