from __future__ import annotations

from dataclasses import replace

import pytest

from tests.profile.doctor.evidence import evidence
from tests.profile.profiles import profile
from tools.profile.doctor.causes.workers import find

GUNICORN = ("gunicorn", "app:app")


@pytest.mark.parametrize(
    ("command", "variables"),
    [
        pytest.param(GUNICORN, {}, id="nothing said"),
        pytest.param((*GUNICORN, "--workers", "1"), {"WEB_CONCURRENCY": "4"}, id="option wins"),
        pytest.param(("python", "-m", "app"), {"WEB_CONCURRENCY": "4"}, id="variable not read"),
        pytest.param(GUNICORN, {"WEB_CONCURRENCY": "auto"}, id="no number"),
        pytest.param(GUNICORN, {"WEB_CONCURRENCY": "²"}, id="no number either"),
        pytest.param(
            (*GUNICORN, "-w", "${WEB_CONCURRENCY:-4}"), {"WEB_CONCURRENCY": "1"}, id="set to one"
        ),
    ],
)
def test_one_worker_is_no_finding(command, variables):
    assert find(evidence(command=command, environment=variables)) is None


@pytest.mark.parametrize(
    ("command", "variables", "log", "mib", "reason"),
    [
        pytest.param(GUNICORN, {"WEB_CONCURRENCY": "2"}, "", 80.0, "2 workers (WEB_CONCURRENCY=2)", id="variable"),
        pytest.param((*GUNICORN, "-w", "4"), {}, "", 240.0, "4 workers (--workers of the command)", id="option"),
        pytest.param(("gunicorn", "--worker-class", "uvicorn.workers.UvicornWorker", "-w", "4", "app:app"), {}, "", 240.0, "4 workers (--workers of the command)", id="behind a class"),
        pytest.param((*GUNICORN, "--worker-tmp-dir", "/dev/shm", "--workers", "2"), {"WEB_CONCURRENCY": "8"}, "", 80.0, "2 workers (--workers of the command)", id="behind a folder"),
        pytest.param(("sh", "-c", "gunicorn app:app --workers 4; sleep 1"), {}, "", 240.0, "4 workers (--workers of the command)", id="in a shell"),
        pytest.param((*GUNICORN, "-w", "$WEB_CONCURRENCY"), {"WEB_CONCURRENCY": "2"}, "", 80.0, "2 workers (WEB_CONCURRENCY=2)", id="named"),
        pytest.param((*GUNICORN, "--workers=${WEB_CONCURRENCY:-4}"), {}, "", 240.0, "4 workers (${WEB_CONCURRENCY:-4} of the command)", id="named, with a default"),
        pytest.param(GUNICORN, {}, "Error R14 (Memory quota exceeded)", 80.0, "2 workers (Heroku sets WEB_CONCURRENCY=2 where there are 512 MB)", id="heroku"),
    ],
)  # fmt: skip
def test_each_further_worker_costs_its_own_memory(command, variables, log, mib, reason):
    finding = find(evidence(command=command, environment=variables, log=log))
    assert finding.mib == mib
    assert finding.what == f"{reason}, each with memory of its own: 80 MiB"


def held(*uss_mib: float) -> tuple[dict[str, float], ...]:
    return tuple({"rss_mib": mib + 20.0, "uss_mib": mib} for mib in uss_mib)


def test_measured_with_its_workers_and_without_the_master():
    finding = find(evidence(command=(*GUNICORN, "-w", "3"), processes=held(76, 75, 74, 11)))
    assert finding.mib == 150.0
    assert finding.what.startswith("3 workers (--workers of the command)")


def test_workers_that_no_option_names():
    """As with `workers = 3` in gunicorn.conf.py."""
    finding = find(evidence(command=GUNICORN, processes=held(76, 75, 74, 11)))
    assert finding.what.startswith("3 workers (as many processes of much the same size were")


def test_more_workers_on_the_host_than_were_measured():
    variables = {"WEB_CONCURRENCY": "3"}
    finding = find(evidence(command=GUNICORN, environment=variables, processes=held(70, 11)))
    assert finding.mib == 140.0


def test_of_one_whose_parts_are_not_known_its_rss_stands_in():
    unknown = profile(peak={}, processes=({"rss_mib": 90.0, "uss_mib": None},))
    finding = find(replace(evidence(command=(*GUNICORN, "-w", "3")), profile=unknown))
    assert finding.mib == 180.0


def test_one_process_would_share_its_libraries_with_a_second():
    variables = {"WEB_CONCURRENCY": "2"}
    finding = find(evidence(command=GUNICORN, environment=variables, processes=held(90)))
    assert finding.mib == 80.0
