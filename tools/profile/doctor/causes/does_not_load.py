"""A module, a model or a store is not where the app looks for it."""

from __future__ import annotations

from tools.profile.doctor.evidence import Evidence, Finding
from tools.profile.doctor.hostlog import Trouble

_REMEDY = (
    "Put it into the requirements or into the image, with a path that does not depend on the working"
    " folder; hosts keep nothing that a running app wrote."
)


def find(evidence: Evidence) -> Finding | None:
    if evidence.died:
        return Finding("does_not_load", Trouble.NO_LOAD, evidence.died, _REMEDY)
    said = evidence.said(Trouble.NO_LOAD)
    if not said:
        return None
    what = f"{said[0].meaning} on the host (line {said[0].line}: {said[0].text}); it loads here"
    return Finding("does_not_load", Trouble.NO_LOAD, what, _REMEDY)
