"""The measured peak must fit the plan's share of the limit."""

from __future__ import annotations

from collections.abc import Iterator

from deploy.plan import SHARE
from deploy.preflight.context import Context
from deploy.problem import Problem, error
from tools.limits.units import format_mib


def check(context: Context) -> Iterator[Problem]:
    peak, share = context.plan.peak_mib.value, SHARE * context.limit_mib
    if peak is not None and peak > share:
        yield error(
            "memory",
            context.plan.peak_mib.source,
            f"the peak of {format_mib(peak)} is over {format_mib(share)}, {SHARE:.0%} of the"
            f" {format_mib(context.limit_mib)} that {context.platform} gives. Choose a larger plan in"
            " fit512.toml, make it smaller, or use --force",
        )
