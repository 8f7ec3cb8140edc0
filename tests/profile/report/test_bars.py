from __future__ import annotations

import pytest

from tests.profile.gate.profiles import measured, who
from tools.profile.report.bars import bars, rungs


def parts(bar):
    return [(part.name, part.mib, part.kind) for part in bar.parts]


def test_a_bar_for_each_measurement_and_nothing_hidden():
    by_import, by_file, allocated = bars(measured(who=who(torch=30.0, unattributed=10.0)))
    assert [(name, mib) for name, mib, _ in parts(by_import)] == [
        ("torch", 40.0),
        ("interpreter", 9.0),
        ("standard library", 6.0),
        ("after the imports", 65.0),
    ]
    assert by_import.parts[-1].kind == "rest"
    assert by_import.total_mib == 120.0
    assert [(name, mib) for name, mib, _ in parts(by_file)] == [
        ("model model.onnx", 20.0),
        ("anonymous", 60.0),
    ]
    assert [(name, mib) for name, mib, _ in parts(allocated)] == [
        ("torch", 30.0),
        ("unattributed", 10.0),
    ]


def test_a_package_has_one_colour_in_all_bars():
    by_import, _, allocated = bars(measured(who=who(torch=30.0)))
    kinds = {
        part.kind for bar in (by_import, allocated) for part in bar.parts if part.name == "torch"
    }
    assert len(kinds) == 1


def test_the_small_ones_are_summed():
    many = {f"package{n}": 1.0 + n / 10 for n in range(20)}
    allocated = bars(measured(who=who(**many)))[-1]
    assert allocated.total_mib == pytest.approx(sum(many.values()))
    assert sum(part.mib for part in allocated.parts) == pytest.approx(allocated.total_mib)
    assert sum(part.share for part in allocated.parts) == pytest.approx(1)
    others = [part.name for part in allocated.parts if part.kind == "other"]
    assert len(others) == 1
    assert others[0].endswith(" others")


def test_workers_are_added_up():
    found = who(torch=30.0)
    everywhere = {"torch": 80.0, "interpreter": 18.0}
    found["imports"] |= {"processes": 2, "everywhere": everywhere}
    found["allocations"]["processes"] = found["processes"] = 3
    by_import, _, allocated = bars(measured(who=found))
    assert [(name, mib) for name, mib, _ in parts(by_import)] == [
        ("torch", 80.0),
        ("interpreter", 18.0),
        ("after the imports, and other processes", 22.0),
    ]
    assert by_import.note.endswith("Added up of 2 processes: pages that they share count in each.")
    assert allocated.note.endswith(" Of the largest of 3 processes.")


@pytest.mark.parametrize(("count", "name"), [(9, "1 other"), (10, "2 others")])
def test_one_other_is_no_others(count, name):
    many = {f"package{n}": 1.0 for n in range(count)}
    allocated = bars(measured(who={**who(**many), "imports": None, "mapped": None}))[-1]
    assert [part.name for part in allocated.parts if part.kind == "other"] == [name]


def test_what_was_not_measured_has_no_bar():
    assert bars(measured(who=None)) == []
    assert [
        bar.title for bar in bars(measured(who={**who(), "imports": None, "allocations": None}))
    ] == ["RSS, by mapped file"]


def test_the_ladder_says_who_pulled_a_package_in():
    first, second = rungs(measured())
    assert (first["package"], first["by"], first["share"]) == ("torch", "app > transformers", 1.0)
    assert (second["package"], second["by"]) == ("standard library", "")
    assert rungs(measured(who=None)) == []
