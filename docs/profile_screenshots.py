"""Takes the pictures of the report again: `python -m docs.profile_screenshots`, with Chromium installed."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.service.browser import browser, installed
from tools.profile.report.page import html
from tools.profile.result import read_profile

FOLDER = Path(__file__).parent


def main() -> None:
    program = installed()
    assert program, "no Chromium"
    profile = read_profile(FOLDER.parent / "reports/profile.json")
    with tempfile.TemporaryDirectory() as name:
        file = Path(name) / "profile.html"
        file.write_text(html(profile), "utf-8")
        (folder := Path(name) / "browser").mkdir()
        with browser(program, folder) as page:
            page.resize(1120, 1010)
            page.open(file.as_uri())
            page.screenshot(FOLDER / "profile.png")
            page.resize(390, 800, dark=True, scale=2)
            page.screenshot(FOLDER / "profile-dark.png")


if __name__ == "__main__":
    main()
