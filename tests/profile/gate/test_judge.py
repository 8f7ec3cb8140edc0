from __future__ import annotations

import pytest

from tests.profile.gate.profiles import budget_file, measured
from tests.profile.profiles import figure
from tools.profile.gate.budget import read_budget
from tools.profile.gate.judge import judge
from vectorstore.commandline import CommandError


def checks(tmp_path, now, before=None):
    verdict = judge(read_budget(budget_file(tmp_path)), now, before)
    return {check.name: str(check.status) for check in verdict.checks}, verdict.passed


@pytest.mark.parametrize(
    ("peak_mib", "status", "passed"),
    [(100.0, "ok", True), (204.8, "ok", True), (204.9, "warn", True), (256.0, "warn", True), (256.1, "over", False)],
)  # fmt: skip
def test_the_peak_against_the_shares_of_the_limit(tmp_path, peak_mib, status, passed):
    found, verdict = checks(tmp_path, measured(peak_mib), measured(peak_mib))
    assert (found["peak"], verdict) == (status, passed)


@pytest.mark.parametrize(("before_mib", "status"), [(92.0, "ok"), (91.9, "over"), (120.0, "ok")])
def test_growth_against_the_baseline(tmp_path, before_mib, status):
    assert checks(tmp_path, measured(100), measured(before_mib))[0]["growth"] == status


def test_a_baseline_that_is_not_there_fails_where_growth_is_to_be_judged(tmp_path):
    found, passed = checks(tmp_path, measured(100))
    assert (found["growth"], passed) == ("not measured", False)


def test_a_baseline_without_the_figure_judges_no_growth_and_fails(tmp_path):
    before = measured(peak={"working_set_mib": None, "rss_mib": figure(60)})
    found, passed = checks(tmp_path, measured(100), before)
    assert (found["growth"], passed) == ("not measured", False)


@pytest.mark.parametrize(("ready_mib", "status"), [(100.0, "ok"), (100.1, "over")])
def test_a_stage(tmp_path, ready_mib, status):
    assert checks(tmp_path, measured(ready_mib=ready_mib))[0]["stage ready"] == status


def test_a_package_over_its_budget(tmp_path):
    now = measured()
    now.who["imports"]["rungs"][0]["own_mib"] = 50.5
    assert checks(tmp_path, now, measured()) == (
        {"peak": "ok", "growth": "ok", "stage ready": "ok", "imports of torch": "over"},
        False,
    )


def test_a_package_that_is_not_imported_takes_nothing(tmp_path):
    now = measured()
    del now.who["imports"]["rungs"][0]
    assert checks(tmp_path, now, measured())[1] is True


@pytest.mark.parametrize(
    ("own_mib", "status"), [(40.0, "over"), (0.0, "over"), (None, "ok")], ids=str
)
def test_a_package_that_must_not_be_there(tmp_path, own_mib, status):
    now = measured()
    now.who["imports"]["rungs"][0]["own_mib"] = own_mib
    if own_mib is None:
        del now.who["imports"]["rungs"][0]
    budget = read_budget(budget_file(tmp_path, '[packages]\ntorch = "0MiB"\n'))
    assert str(judge(budget, now, None).checks[-1].status) == status


def test_what_was_not_measured_does_not_pass(tmp_path):
    found, passed = checks(tmp_path, measured(who=None, stages=()), measured())
    assert found == {
        "peak": "ok",
        "growth": "ok",
        "stage ready": "not measured",
        "imports of torch": "not measured",
    }
    assert not passed


def test_rss_stands_in_for_the_working_set(tmp_path):
    now = measured(peak={"working_set_mib": None, "rss_mib": figure(256.1)})
    verdict = judge(read_budget(budget_file(tmp_path)), now, None)
    assert (verdict.measure, str(verdict.checks[0].status)) == ("rss_mib", "over")


def test_measuring_nothing_fails(tmp_path):
    nothing = measured(peak={"working_set_mib": None, "rss_mib": None})
    with pytest.raises(CommandError, match="nothing was measured"):
        judge(read_budget(budget_file(tmp_path)), nothing, None)
