from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.profile.profiles import figure, profile
from tools.profile.result import Figure, Profile, read_profile, write_profile
from vectorstore.commandline import CommandError


def test_a_profile_is_the_same_after_a_file(tmp_path):
    file = tmp_path / "new" / "profile.json"
    write_profile(file, profile())
    assert read_profile(file) == profile()
    assert [path.name for path in file.parent.iterdir()] == ["profile.json"]


def test_the_shape_that_others_read(tmp_path):
    write_profile(tmp_path / "profile.json", profile())
    written = json.loads((tmp_path / "profile.json").read_text())
    assert written["schema"] == 1
    assert written["peak"]["working_set_mib"] == {
        "median": 100.0,
        "min": 90.0,
        "max": 110.0,
        "spread": 0.2,
    }
    assert written["peak"]["cgroup_peak_mib"] is None
    assert written["stages"][1]["name"] == "ready"
    assert written["stages"][1]["rss_mib"]["median"] == 80.25


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        pytest.param([], None, id="no run"),
        pytest.param([1.0, None, 2.0], None, id="one run could not measure it"),
        pytest.param([0.0, 0.0], Figure(0.0, 0.0, 0.0, 0.0), id="nothing"),
        pytest.param([4.0], Figure(4.0, 4.0, 4.0, None), id="one run"),
        pytest.param([9.0, 10.0, 11.0], Figure(10.0, 9.0, 11.0, 0.2), id="three runs"),
    ],
)
def test_figure(values, expected):
    assert Figure.of(values) == expected


@given(st.lists(st.floats(0, 1e6), min_size=1))
def test_a_median_lies_between_the_extremes(values):
    found = Figure.of(values)
    assert found is not None
    assert found.min <= found.median <= found.max


def test_ten_percent_apart_is_stable():
    assert [Figure(10, 9.5, 10.5, s).unstable for s in (0.1, 0.101, None)] == [False, True, False]


def test_times_are_named_apart_from_memory():
    load = {"asked": figure(10, 20), "p95_ms": figure(4.0, 5.0), "p50_ms": figure(4.0, 4.1)}
    found = profile(load=load)
    assert found.unstable_times() == ["load p95_ms (22% apart)"]
    assert found.unstable_figures() == ["peak working_set_mib (20% apart)"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("{}", "has schema None, and this program reads profiles of schema 1", id="no"),
        pytest.param('{"schema": 2}', "has schema 2, and this program", id="newer"),
        pytest.param("[]", "has schema None", id="a list"),
        pytest.param('{"schema": 1}', "is no profile of schema 1 (KeyError: 'command')", id="half"),
        pytest.param("{", "cannot be read as JSON", id="no JSON"),
    ],
)
def test_other_files_are_refused_by_name(text, said, tmp_path):
    file = tmp_path / "other.json"
    file.write_text(text)
    with pytest.raises(CommandError) as refused:
        read_profile(file)
    assert str(refused.value).startswith(f"{file}: ")
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        pytest.param(
            {"limit_mib": "512"}, "limit_mib is not a number above 0, or null.", id="a text"
        ),
        pytest.param({"limit_mib": True}, "limit_mib is not a number above 0, or null.", id="true"),
        pytest.param(
            {"peak": {"rss_mib": {"median": "1", "min": 1, "max": 1, "spread": 0}}},
            "peak is not figures with median, min and max, or null.",
            id="a text in a figure",
        ),
        pytest.param({"limit_mib": 0}, "limit_mib is not a number above 0, or null.", id="0"),
        pytest.param({"limit_mib": 10**400}, "limit_mib is not a number", id="beyond any float"),
        pytest.param({"died": {}}, "died is not where it died and why, or null.", id="died"),
        pytest.param({"processes": [{}]}, "processes is not a list of what", id="processes"),
        pytest.param({"fit": {"limit_mib": "x"}}, "fit is not what `fit` writes", id="fit"),
        pytest.param({"who": {"mapped": {"files": []}}}, "who is not imports", id="mapped"),
        pytest.param({"peak": {"rss_mib": 120}}, "peak is not figures with", id="bare"),
        pytest.param({"stages": [{"rss_mib": None}]}, "stages is not a list of stages", id="stage"),
        pytest.param({"content": {"paths": "app"}}, "content is not an object with", id="content"),
        pytest.param({"who": [1]}, "who is not imports, mapped and", id="who"),
        pytest.param({"who": {"imports": 5}}, "who is not imports, mapped and", id="imports"),
        pytest.param(
            {"who": {"allocations": {"packages": {"numpy": None}}}},
            "who is not imports, mapped and",
            id="allocations",
        ),
        pytest.param({"not_measured": "all"}, "not_measured is not a list of texts.", id="list"),
    ],
)
def test_what_was_edited_by_hand_is_named(tmp_path, changed, said):
    file = tmp_path / "profile.json"
    file.write_text(json.dumps({**profile().as_json(), **changed}))
    with pytest.raises(CommandError) as refused:
        read_profile(file)
    assert f"{file}: is no profile of schema 1: {said}" in str(refused.value)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_what_is_no_number_is_refused_wherever_it_stands(tmp_path, number):
    file = tmp_path / "profile.json"
    text = json.dumps({**profile().as_json(), "who": {"imports": None, "later": "HERE"}})
    file.write_text(text.replace('"HERE"', number))
    with pytest.raises(
        CommandError, match=f"cannot be read as JSON: {number} is no number of JSON"
    ):
        read_profile(file)


def test_a_missing_file_says_how_to_make_it(tmp_path):
    with pytest.raises(CommandError, match=r"is not there. Write it with `python -m tools.profile"):
        read_profile(tmp_path / "none.json")


def test_a_file_that_cannot_be_written_leaves_nothing(tmp_path):
    (tmp_path / "profile.json").mkdir()
    with pytest.raises(CommandError, match="cannot be written"):
        write_profile(tmp_path / "profile.json", profile())
    assert [path.name for path in tmp_path.iterdir()] == ["profile.json"]


def test_a_profile_with_more_in_it_is_read():
    assert Profile.from_json({**profile().as_json(), "later": 1}) == profile()
