from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from tests.profile.gate.profiles import measured, rung, who
from tests.profile.profiles import profile
from tests.service.browser import browser
from tools.profile.cli import main
from tools.profile.report.page import html
from tools.profile.report.text import markdown
from tools.profile.result import write_profile
from vectorstore.commandline import CommandError

TIMELINE = tuple(
    {"at_ms": 100.0 * n, "rss_mib": 10.0 * n, "working_set_mib": 8.0 * n} for n in range(13)
)
MARKDOWN = """\
# Memory of `python -m app`

Fresh processes inside 512 MiB (cgroup v2); medians of 3 runs; 10 requests, 4 at a time; Python 3.11.2.

- peak working set: 100.0 MiB
- limit: 512 MiB, 20% used
- peak RSS: 130.0 MiB
- ready after: 0.90 s
- p95: 4 ms

## Stages

| stage | before | now | change |
| --- | ---: | ---: | ---: |
| ready | 75.0 | 80.0 | +5.0 (+6.7 %) |
| peak | 95.0 | 100.0 | +5.0 (+5.3 %) |

MiB of working set at the end of each stage.

Grown: torch 40.0 MiB (imports, by app > transformers).

## Who

"""


def now(**changed):
    requests = {"from": "GET /health", "sent": 10, "at_a_time": 4}
    return measured(**{"timeline": TIMELINE, "requests": requests, **changed})


def last():
    return measured(95, 75, who=who(torch_mib=0.0))


def test_the_page_loads_nothing():
    page = html(now(), last())
    assert re.findall(r"(?:src|href)=\"([^\"]*)\"|url\(|@import|<script", page) == [
        "profile-memray.html"
    ]


def test_the_page_has_every_part():
    page = html(now(), last())
    headings = re.findall(r"<h2>(.*?)</h2>", page)
    wanted = ["Over time", "Who", "Import ladder", "This release against the last", "Doubts"]
    assert headings == wanted
    assert "+5.0 (+6.7 %)" in page
    assert "limit 512 MiB" in page
    assert "app &gt; transformers" in page


def test_names_from_outside_are_escaped():
    page = html(now(command=("python", "-c", "<script>alert(1)</script>")))
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_what_was_not_measured_is_said():
    page = html(now(who=None, not_measured=("stage model: no file was opened",)))
    assert page.count("Not measured.") == 1
    assert "<li>not measured: stage model: no file was opened</li>" in page
    assert "Import ladder" not in page


def test_the_markdown():
    assert markdown(now(), last()).startswith(MARKDOWN)


def test_the_reports_say_what_was_measured_in_another_way():
    said = "not measured alike: requests: 10, ? at a time before, 10, 4 at a time now"
    assert f"<li>{said}</li>" in html(now(), last())
    assert f"- {said}\n" in markdown(now(), last())
    assert "not measured alike" not in markdown(now())


def test_nothing_measured_is_no_report():
    with pytest.raises(CommandError, match="nothing was measured"):
        html(profile(peak={"working_set_mib": None, "rss_mib": None}))


def test_report_writes_beside_the_profile(tmp_path, capsys):
    write_profile(tmp_path / "profile.json", now())
    assert main(["report", str(tmp_path / "profile.json")]) == 0
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        "profile.html",
        "profile.json",
        "profile.md",
    ]
    assert capsys.readouterr().out == ""


def test_diff_prints_the_table(tmp_path, capsys):
    write_profile(tmp_path / "a.json", last())
    write_profile(tmp_path / "b.json", now())
    assert main(["diff", str(tmp_path / "a.json"), str(tmp_path / "b.json")]) == 0
    assert capsys.readouterr().out == (
        "### Memory: b.json against a.json\n\n"
        "| measured | before | now |\n| --- | --- | --- |\n"
        "| command | python -m app | python -m app |\n| limit | 512 MiB | 512 MiB |\n"
        "| requests | 10, ? at a time | 10, 4 at a time |\n| Python | 3.11.2 | 3.11.2 |\n"
        "| runs | 3 | 3 |\n| measured | ? | ? |\n\n"
        "- not measured alike: requests: 10, ? at a time before, 10, 4 at a time now\n\n"
        "| stage | before | now | change |\n| --- | ---: | ---: | ---: |\n"
        "| ready | 75.0 | 80.0 | +5.0 (+6.7 %) |\n| peak | 95.0 | 100.0 | +5.0 (+5.3 %) |\n\n"
        "MiB of working set at the end of each stage.\n\n"
        "Grown: torch 40.0 MiB (imports, by app > transformers)\nShrunk: no package\n"
    )


def test_diff_says_what_was_measured_in_another_way(tmp_path, capsys):
    write_profile(tmp_path / "a.json", last())
    other = replace(now(), requests={"first": {"method": "GET", "path": "/a|b"}, "sent": 20})
    write_profile(tmp_path / "b.json", other)
    assert main(["diff", str(tmp_path / "a.json"), str(tmp_path / "b.json")]) == 0
    said = capsys.readouterr().out
    assert "| requests | 10, ? at a time | 20 of GET /a\\|b, ? at a time |\n" in said
    assert "- not measured alike: requests: 10, ? at a time before, 20 of GET /a|b," in said


@pytest.mark.slow
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_the_page_in_a_browser(tmp_path, width, dark):
    long = who()
    long["imports"]["rungs"].append(rung("_a_package_with_a_long_name_of_its_own", 1.0, "app"))
    (tmp_path / "profile.html").write_text(html(now(who=long), last()), "utf-8")
    (folder := tmp_path / "browser").mkdir()
    with browser(folder) as page:
        page.resize(width, 900, dark=dark)
        page.open((tmp_path / "profile.html").as_uri())
        fits = "document.documentElement.scrollWidth <= window.innerWidth"
        assert page.value(fits)
        tables = (
            "[...document.querySelectorAll('.scroll')].every(s => s.scrollWidth <= s.clientWidth)"
        )
        assert page.value(tables)
        shown = "[...document.querySelectorAll('svg')].filter(s => s.getBoundingClientRect().width).map(s => s.getAttribute('class'))"
        assert page.value(shown) == ["wide" if width > 620 else "narrow"]
        ground = page.value("getComputedStyle(document.body).backgroundColor")
        assert ground == ("rgb(26, 26, 25)" if dark else "rgb(252, 252, 251)")
        assert page.value("document.querySelectorAll('script, link, img, iframe').length") == 0
    assert Path(tmp_path, "profile.html").stat().st_size < 100_000
