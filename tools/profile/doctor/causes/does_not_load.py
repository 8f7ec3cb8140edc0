"""A module, a model or a store is not where the app looks for it."""

from __future__ import annotations

from tools.profile.doctor.evidence import Evidence, Finding
from tools.profile.doctor.hostlog import Trouble, signs
from tools.profile.stops import Died

_REMEDY = (
    "Put it into the requirements or into the image, with a path that does not depend on the working"
    " folder; hosts keep nothing that a running app wrote."
)


_OTHER = "Read what it wrote, mend that, and run this again."


def find(evidence: Evidence) -> Finding | None:
    if evidence.died:
        return None if evidence.died.ended.alive else _died(evidence.died)
    said = evidence.said(Trouble.NO_LOAD)
    if not said:
        return None
    what = f"{said[0].meaning} on the host (line {said[0].line}: {said[0].text})"
    if evidence.profile:
        what += "; it loads here"
    return Finding("does_not_load", Trouble.NO_LOAD, what, _REMEDY)


def _died(died: Died) -> Finding:
    wrote = [s for s in signs(died.output.splitlines()) if s.trouble is Trouble.NO_LOAD]
    what = f"it {died.ended} here, in stage {died.ended.stage}"
    if wrote:
        what = f"{wrote[-1].meaning}: {wrote[-1].text}; {what}"
    remedy = _REMEDY if wrote else _OTHER
    return Finding("does_not_load", Trouble.NO_LOAD, what, remedy, lines=died.output)
