"""The page: `profile.html`, one file that loads nothing."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from tools.profile.report.bars import bars, rungs
from tools.profile.report.chart import NARROW, WIDE, draw
from tools.profile.report.view import view
from tools.profile.result import Profile

_FOLDER = Path(__file__).parent


def html(profile: Profile, before: Profile | None = None) -> str:
    """The page as text. Raises CommandError when nothing was measured."""
    environment = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,  # commands, file and package names come from outside
        undefined=StrictUndefined,
        keep_trailing_newline=True,
    )
    environment.filters["mib"] = lambda mib: f"{mib:.1f}"
    environment.filters["px"] = lambda px: f"{px:.1f}"
    return environment.get_template("page.html.j2").render(
        **view(profile, before),
        css=Markup((_FOLDER / "page.css").read_text("utf-8")),
        wide=draw(profile, WIDE),
        narrow=draw(profile, NARROW),
        bars=bars(profile),
        rungs=rungs(profile),
    )
