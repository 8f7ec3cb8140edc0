from __future__ import annotations

import json

import pytest

from bench.profile_overhead import main


@pytest.mark.slow
def test_one_pair_makes_a_whole_report(tmp_path, capsys):
    assert main(["--runs", "1", "--out", str(tmp_path / "overhead.json")]) in (0, 1)
    report = json.loads((tmp_path / "overhead.json").read_text())
    assert set(report["figures"]) == {
        "harness_ready_s",
        "plain_ready_s",
        "ratio",
        "share_of_a_core",
    }
    assert [line.split(":")[0] in ("ok", "missed") for line in report["verdict"]] == [True, True]
