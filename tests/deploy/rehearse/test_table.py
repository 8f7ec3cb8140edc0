"""The table of a host, and the verdict."""

from __future__ import annotations

from dataclasses import replace

import pytest

from deploy.rehearse.host import HOSTS
from deploy.rehearse.playing import Played, failed
from deploy.rehearse.spec import Result
from deploy.rehearse.table import rows, text
from tests.deploy.helpers import a_plan


def played(host: str = "railway", installed_mib: float = 90.0, **values) -> Played:
    result = Result(enforcement="cgroup v2", ready_s=1.25, **values)
    return Played(HOSTS[host], 512.0, "3.12", "3.11.7", installed_mib, 10.0, "cut off", result)


def test_the_table_says_everything_that_was_seen():
    seen = played(health=200, chat=200, working_set_mib=101.5, rss_mib=120.0, stop_s=0.5)
    assert text("railway", rows(seen.as_json(), "image", 4000)).splitlines() == [
        "railway",
        "  python            3.11.7: 3.12 is not installed here, this is the nearest",
        "  image             100 MiB of 4000 MB (90 installed, 10 checkout)",
        "  network           cut off",
        "  limit             512 MiB, cgroup v2",
        "  ready             1.2 s",
        "  health check      200",
        "  a question        200",
        "  peak working set  101.5 MiB",
        "  peak RSS          120.0 MiB",
        "  stopped after     0.5 s of 30 s",
        "  verdict           ok",
    ]


def test_a_packed_slug_counts_and_notes_are_told():
    seen = replace(played("heroku", 944.0), packed_mib=300.0, notes=("swap is on",))
    table = dict(rows(seen.as_json(), "slug", 1000))
    assert seen.error is None
    assert table["slug"] == (
        "300 MiB of 1000 MB, packed without Python itself (944 installed, 10 checkout)"
    )
    assert table["note"] == "swap is on"


def test_a_page_that_was_opened_stands_for_a_question():
    seen = played(session="the script ran")
    assert dict(rows(seen.as_json(), "image", None))["a question"] == "the script ran"


def test_what_was_not_built_has_a_table_too():
    table = dict(rows(failed(HOSTS["heroku"], a_plan(), 512.0, "no").as_json(), "slug", 1000))
    assert table["slug"] == "not built"
    assert table["ready"] == "not reached"
    assert table["health check"] == table["a question"] == "not reached"
    assert table["verdict"] == "no"


@pytest.mark.parametrize(
    ("seen", "error"),
    [
        pytest.param(played(), None, id="fine"),
        pytest.param(played(oom_killed=True), "killed for memory inside 512 MiB", id="killed"),
        pytest.param(played(error="nothing answered"), "nothing answered", id="not ready"),
        pytest.param(played(chat=502), "/chat answered 502", id="no answer to a question"),
        pytest.param(played(chat=0), "/chat did not answer", id="silent"),
        pytest.param(
            played("heroku", installed_mib=944.0),
            "954 MiB are over the limit of 1000 MB",
            id="slug too large",
        ),
        pytest.param(played("heroku", installed_mib=943.0), None, id="slug that just fits"),
    ],
)
def test_verdict(seen, error):
    assert seen.error == error
