from __future__ import annotations

from tests.profile.gate.profiles import measured, who
from tools.profile.gate.causes import causes, grown


def test_the_largest_first_each_with_how_it_was_measured():
    found = causes(measured(who=who(torch=12.0, onnxruntime=30.0)))
    assert [str(cause) for cause in found] == [
        "torch 40.0 MiB (imports, by app > transformers)",
        "onnxruntime 30.0 MiB (allocations)",
        "model.onnx 20.0 MiB (mapped model)",
        "interpreter and standard library 15.0 MiB (RSS)",
    ]


def test_a_package_counts_once_by_its_larger_figure():
    found = causes(measured(who=who(torch_mib=10.0, torch=35.0)))
    assert str(found[0]) == "torch 35.0 MiB (allocations, by app > transformers)"
    assert [cause.name for cause in found].count("torch") == 1


def test_more_than_the_app_ever_held_was_not_all_touched():
    found = causes(measured(who=who(numpy=500.0)))
    assert str(found[0]) == "numpy 500.0 MiB (allocations, not all of it touched)"


def test_what_would_be_shown_as_nothing_is_no_cause():
    assert "unattributed" not in {c.name for c in causes(measured(who=who(unattributed=0.04)))}


def test_nothing_measured_is_no_cause():
    assert causes(measured(who=None)) == []


def test_of_several_processes_it_is_said_that_one_is_meant():
    found = who(app=30.0)
    found["imports"]["processes"] = found["allocations"]["processes"] = 3
    assert [(c.name, c.how) for c in causes(measured(who=found))][:2] == [
        ("torch", "imports in one of 3 processes"),
        ("app", "allocations in one of 3 processes"),
    ]


def test_growth_by_package():
    before = measured(who=who(torch_mib=20.0, app=5.0))
    now = measured(who=who(torch_mib=20.3, app=27.0, new=2.0))
    assert [(cause.name, cause.mib, cause.how) for cause in grown(before, now)] == [
        ("app", 22.0, "allocations"),
        ("new", 2.0, "allocations"),
    ]


def test_growth_of_one_of_several_processes_says_so():
    before, found = measured(who=who(app=5.0)), who(app=27.0)
    found["allocations"]["processes"] = 4
    assert [str(cause) for cause in grown(before, measured(who=found))] == [
        "app 22.0 MiB (allocations in one of 4 processes)"
    ]


def test_what_was_not_measured_before_has_not_grown():
    assert grown(measured(who=None), measured()) == []
