from __future__ import annotations

from tests.profile.doctor.evidence import evidence
from tools.profile.doctor.causes.does_not_load import find
from tools.profile.doctor.evidence import Evidence
from tools.profile.ready import Ended
from tools.profile.stops import died


def test_an_app_that_loads_is_no_finding():
    assert find(evidence()) is None


def dead(reason: str, output: str = "", alive: bool = False) -> Evidence:
    return Evidence(None, died=died(Ended("imports", reason, alive=alive), None, output))


def test_the_line_that_matters_is_singled_out():
    output = (
        "  | Traceback (most recent call last):\n  | ModuleNotFoundError: No module named 'faiss'"
    )
    finding = find(dead("ended with exit code 1", output))
    assert finding.what == (
        "a module is missing: ModuleNotFoundError: No module named 'faiss'; it ended with exit code 1"
        " here, in stage imports"
    )
    assert finding.lines == output
    assert finding.remedy.startswith("Put it into the requirements")


def test_an_app_that_ended_for_another_reason():
    assert find(dead("ended with exit code 1", "  | no key")).remedy.startswith(
        "Read what it wrote"
    )


def test_an_app_that_lives_but_is_not_ready_is_another_cause():
    assert find(dead("it did not listen on any port in time", alive=True)) is None


def test_a_file_that_is_missing_on_the_host_alone():
    log = "start\nFileNotFoundError: [Errno 2] No such file or directory: 'index.faiss'\n"
    finding = find(evidence(log=log))
    assert finding.what == (
        "a file is missing on the host (line 2: FileNotFoundError: [Errno 2] No such file or"
        " directory: 'index.faiss'); it loads here"
    )
