from __future__ import annotations

from tests.profile.doctor.evidence import evidence
from tools.profile.doctor.causes.does_not_load import find
from tools.profile.doctor.evidence import Evidence


def test_an_app_that_loads_is_no_finding():
    assert find(evidence()) is None


def test_an_app_that_died_here():
    finding = find(Evidence(None, died="the app died in stage imports: ended with 1"))
    assert finding.what == "the app died in stage imports: ended with 1"


def test_a_file_that_is_missing_on_the_host_alone():
    log = "start\nFileNotFoundError: [Errno 2] No such file or directory: 'index.faiss'\n"
    finding = find(evidence(log=log))
    assert finding.what == (
        "a file is missing on the host (line 2: FileNotFoundError: [Errno 2] No such file or"
        " directory: 'index.faiss'); it loads here"
    )
