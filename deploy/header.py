"""The first lines of generated files."""

from __future__ import annotations

import re

from deploy.plan import Plan
from tools.limits.units import format_mib

_MEMORY = re.compile(r"(# Made by [^\n]*\n# Memory: ).*")


def header(platform: str, plan: Plan, *, merged: bool = True) -> str:
    """Who made the file, and what the plan was measured with; not `merged` is a file without values."""
    edits = "Values of your own survive." if merged else "Edits do not survive: use fit512.toml."
    return (
        f"# Made by `python -m deploy {platform}`; run it again after a change. {edits}\n"
        f"# Memory: {measured(plan)}\n"
    )


def measured(plan: Plan) -> str:
    """ "148.0 MiB at most (reports/profile.json)." or that it was not measured.

    Whether that was of the code as it is now is the preflight's to say: in here it would make every
    change of the code one of these files.
    """
    peak = plan.peak_mib.value
    if peak is None:
        return "not measured."
    return f"{format_mib(peak)} at most ({plan.peak_mib.source.partition(':')[0]})."


def renewed(text: str, generated: str) -> str:
    """`text` with the figure of `generated`: a comment, so that no merging of values carries it over."""
    figure = _MEMORY.search(generated)
    return _MEMORY.sub(lambda found: figure[0], text, count=1) if figure else text
