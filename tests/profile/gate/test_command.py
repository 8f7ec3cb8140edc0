from __future__ import annotations

import json

import pytest

from tests.profile.gate.profiles import BUDGET, budget_file, measured, who
from tests.profile.profiles import figure
from tools.profile.cli import main
from tools.profile.result import write_profile

PASS = """\
Within the memory budget

  limit         512 MiB; fails above 50%, 256 MiB; warns above 204.8 MiB
  actual        100 MiB of working set at the peak (RSS 130 MiB, cgroup's raw peak 140 MiB)
  margin        156 MiB
  top causes    torch 40.0 MiB (imports, by app > transformers)
                model.onnx 20.0 MiB (mapped model)
                interpreter and standard library 15.0 MiB (RSS)
  how measured  3 fresh processes inside 512 MiB (cgroup v2), 10 requests, Python 3.11.2

  stage             before       now  change, MiB of working set
  ready               75.0      80.0  +5.0 (+6.7 %)
  peak                95.0     100.0  +5.0 (+5.3 %)

  no package takes more than in the baseline
"""
FAIL = """\
Memory budget exceeded: growth by 12 MiB

  limit         512 MiB; fails above 50%, 256 MiB; warns above 204.8 MiB
  actual        120 MiB of working set at the peak (RSS 130 MiB, cgroup's raw peak 140 MiB)
  margin        136 MiB
  top causes    torch 55.0 MiB (imports, by app > transformers)
                model.onnx 20.0 MiB (mapped model)
                interpreter and standard library 15.0 MiB (RSS)
  how measured  3 fresh processes inside 512 MiB (cgroup v2), 10 requests, Python 3.11.2

{folder}/budget.toml:6: growth is 120 MiB, allowed are 108 MiB: over by 12 MiB. Reduce it, or raise `growth` there.
{folder}/budget.toml:13: imports of torch is 55 MiB, allowed are 50 MiB: over by 5 MiB. Reduce it, or raise `torch` there.

  stage             before       now  change, MiB of working set
  ready               80.0      80.0  0.0
  peak               100.0     120.0  +20.0 (+20.0 %)

  grown: torch 15.0 MiB (imports, by app > transformers)
"""
SUMMARY = """\
### Within the memory budget

- limit: 512 MiB; fails above 50%, 256 MiB; warns above 204.8 MiB
- actual: 100 MiB of working set at the peak (RSS 130 MiB, cgroup's raw peak 140 MiB)
- margin: 156 MiB
- top causes: torch 40.0 MiB (imports, by app > transformers)
- and: model.onnx 20.0 MiB (mapped model)
- and: interpreter and standard library 15.0 MiB (RSS)
- how measured: 3 fresh processes inside 512 MiB (cgroup v2), 10 requests, Python 3.11.2

| stage | before | now | change |
| --- | ---: | ---: | ---: |
| ready | 75.0 | 80.0 | +5.0 (+6.7 %) |
| peak | 95.0 | 100.0 | +5.0 (+5.3 %) |

MiB of working set at the end of each stage.
"""


@pytest.fixture
def gate(tmp_path):
    """Runs the gate on a profile; `before` is the baseline."""
    budget = budget_file(tmp_path)

    def run(now, *options, before=None):
        write_profile(tmp_path / "now.json", now)
        if before:
            write_profile(tmp_path / "baseline.json", before)
        paths = ["--budget", str(budget), "--profile", str(tmp_path / "now.json")]
        return main(["gate", *paths, *options])

    return run


def test_a_pass(gate, capsys):
    assert gate(measured(), before=measured(95, 75)) == 0
    assert capsys.readouterr().out == PASS


def test_a_failure_names_the_lines_to_change(gate, capsys, tmp_path):
    assert gate(measured(120, who=who(torch_mib=55.0)), before=measured()) == 1
    assert capsys.readouterr().out == FAIL.format(folder=tmp_path)


def test_less_than_can_be_shown_in_mib_is_shown_in_bytes(gate, capsys):
    assert gate(measured(256.01), before=measured(256)) == 1
    first = capsys.readouterr().out.splitlines()[0]
    assert first == "Memory budget exceeded: peak by 10,486 bytes"


def test_a_package_that_must_not_be_there(gate, capsys, tmp_path):
    budget_file(tmp_path, '[packages]\ntorch = "0MiB"\n')
    assert gate(measured(who=who(torch_mib=0.0))) == 1
    said = capsys.readouterr().out
    assert said.startswith("Memory budget exceeded: imports of torch, which must not be there\n")
    assert (
        "budget.toml:2: imports of torch must not be there, and takes 0 MiB. Remove what brings it"
        " in, or raise `torch` there."
    ) in said


def test_a_budget_without_a_baseline_shows_no_empty_columns(tmp_path, capsys):
    write_profile(tmp_path / "profile.json", measured())
    (tmp_path / "budget.toml").write_text('[budget]\nlimit = "64MiB"\n')
    files = ["--budget", str(tmp_path / "budget.toml"), "--profile", str(tmp_path / "profile.json")]
    assert main(["gate", *files]) == 1
    said = capsys.readouterr().out
    assert f"{tmp_path}/budget.toml:2: peak is 100 MiB, allowed are 51.2 MiB" in said
    assert "\n  stage                now, MiB of working set\n" in said
    assert said.endswith(
        f"Name its file as `baseline` in {tmp_path}/budget.toml. Write it with --update-baseline.\n"
    )


def test_no_baseline_is_no_pass(gate, capsys, tmp_path):
    assert gate(measured()) == 1
    said = capsys.readouterr().out
    assert said.startswith("Memory budget not checked: growth was not measured\n")
    assert said.splitlines()[-1] == (
        f"  no baseline ({tmp_path}/baseline.json): growth was not judged. Write it with"
        " --update-baseline."
    )


def test_nothing_measured_is_no_pass(gate, capsys):
    peak = {"working_set_mib": None, "rss_mib": None}
    assert gate(measured(peak=peak)) == 2
    assert "nothing was measured" in capsys.readouterr().err


def test_the_summary_is_appended(gate, tmp_path):
    (tmp_path / "summary.md").write_text("before\n")
    assert gate(measured(), "--summary", str(tmp_path / "summary.md"), before=measured(95, 75)) == 0
    assert (tmp_path / "summary.md").read_text() == f"before\n{SUMMARY}"


def test_json_is_alone_on_stdout(gate, capsys, tmp_path):
    assert gate(measured(120), "--json", before=measured()) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["passed"] is False
    assert [(c["name"], c["status"], c["where"]) for c in found["checks"]] == [
        ("peak", "ok", f"{tmp_path}/budget.toml:3"),
        ("growth", "over", f"{tmp_path}/budget.toml:6"),
        ("stage ready", "ok", f"{tmp_path}/budget.toml:10"),
        ("imports of torch", "ok", f"{tmp_path}/budget.toml:13"),
    ]


def test_the_baseline_is_replaced_only_by_what_passes(gate, tmp_path):
    baseline = tmp_path / "baseline.json"
    assert gate(measured(300), "--update-baseline") == 1
    assert not baseline.exists()
    assert gate(measured(100), "--update-baseline") == 0
    assert gate(measured(120)) == 1  # held against the baseline of 100 by now
    assert gate(measured(120), "--update-baseline") == 0  # a growth that is meant
    assert gate(measured(120)) == 0


def test_a_baseline_that_was_measured_in_another_way_is_told(gate, capsys):
    other = measured(
        command=("python", "-m", "other"), versions={"python": "3.12.1"}, limit_mib=None
    )
    assert gate(measured(), before=other) == 0
    assert capsys.readouterr().out.splitlines()[-4:-1] == [
        "  not measured alike: command: python -m other before, python -m app now",
        "  not measured alike: limit: none before, 512 MiB now",
        "  not measured alike: Python: 3.12.1 before, 3.11.2 now",
    ]


def test_a_package_that_is_not_imported_is_told(gate, capsys, tmp_path):
    budget_file(tmp_path, BUDGET + 'torhc = "1MiB"\nsklearn = "1MiB"\n')
    assert gate(measured(), before=measured()) == 0
    assert capsys.readouterr().out.splitlines()[-2:] == [
        "  imports of torhc: none were seen, but of torch",
        "  imports of sklearn: none were seen",
    ]


def test_a_load_that_was_not_answered_is_no_pass(gate, capsys):
    load = {"asked": figure(30), "answered": figure(0)}
    missing = ("the load: 30 of 30 requests were answered 404",)
    assert gate(measured(load=load, not_measured=missing)) == 1
    assert (
        "0 of 30 requests were answered (the load: 30 of 30 requests were answered 404). Name"
        in capsys.readouterr().err
    )


def test_a_mistake_in_the_budget_comes_before_a_measurement(tmp_path, capsys):
    file = budget_file(tmp_path, BUDGET.replace("growth", "grow"))
    assert main(["gate", "--budget", str(file), "--", "no-such-program"]) == 2
    assert f"{file}:6: budget.grow is not known here" in capsys.readouterr().err
