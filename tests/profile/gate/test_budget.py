from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.profile.gate.profiles import budget_file
from tools.profile.gate.budget import DEFAULT, Growth, read_budget
from vectorstore.commandline import CommandError

ROOT = Path(__file__).parents[3]


def test_every_amount_has_its_line(tmp_path):
    budget = read_budget(budget_file(tmp_path))
    assert (budget.limit_mib, budget.fail_mib, budget.warn_mib) == (512, 256, 204.8)
    assert budget.baseline == tmp_path / "baseline.json"
    assert budget.stages == {"ready": 100}
    assert budget.packages == {"torch": 50}
    assert budget.where("budget.fail") == f"{tmp_path}/budget.toml:3"
    assert budget.where("packages.torch") == f"{tmp_path}/budget.toml:13"
    assert budget.where("budget.left_out") == f"{tmp_path}/budget.toml:2"


def test_an_inline_table_has_the_line_it_stands_in(tmp_path):
    budget = read_budget(
        budget_file(tmp_path, "stages = { ready = '80MiB' }\n[budget]\nlimit = '1GiB'\n")
    )
    assert budget.where("stages.ready") == f"{tmp_path}/budget.toml:1"
    assert budget.where("budget.warn") == f"{tmp_path}/budget.toml:3"


def test_a_package_may_be_forbidden_but_a_stage_takes_something(tmp_path):
    text = "[packages]\ntorch = '0MiB'\n[allocations]\nPIL = '0 MB'\n"
    budget = read_budget(budget_file(tmp_path, text))
    assert (budget.packages, budget.allocations) == ({"torch": 0.0}, {"PIL": 0.0})
    with pytest.raises(CommandError, match=r"budget.toml:2: stages.ready is wrong: '0MiB' is no"):
        read_budget(budget_file(tmp_path, "[stages]\nready = '0MiB'\n"))


def test_what_is_left_out_has_a_default(tmp_path):
    budget = read_budget(budget_file(tmp_path, ""))
    assert (budget.limit_mib, budget.fail, budget.warn, budget.growth) == (512, 0.8, 0.7, None)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("[budget]\nlimt = '1MiB'\n", "budget.toml:2: budget.limt is not known here. Known are limit, fail, warn, growth, baseline.", id="unknown key"),
        pytest.param("\n[stage]\nready = '1MiB'\n", "budget.toml:2: stage is not known here. Known are budget, stages, packages, allocations.", id="unknown table"),
        pytest.param("limit = '1MiB'\n", "budget.toml:1: limit is not known here. Known are budget, stages, packages, allocations.", id="key outside a table"),
        pytest.param("packages = 3\n", "budget.toml:1: packages is a table: write [packages].", id="no table"),
        pytest.param("[stages]\nboot = '1MiB'\n", "budget.toml:2: stages.boot is not known here. Known are interpreter, imports, model, store, ready, workers, first_request, load, after.", id="unknown stage"),
        pytest.param("[budget]\nlimit = 512\n", 'budget.toml:2: budget.limit is an amount in quotes with its unit, such as "512MiB".', id="bare number"),
        pytest.param("[packages]\n'a.b' = '512'\n", "budget.toml:2: packages.a.b is wrong: '512' has no unit. Write 512MiB (1,048,576 bytes each) or 512MB (1,000,000 bytes each).", id="no unit"),
        pytest.param("[budget]\nfail = 80\n", "budget.toml:2: budget.fail is a share of the limit above 0 and at most 1, such as 0.8.", id="percent"),
        pytest.param("[budget]\nfail = true\n", "budget.toml:2: budget.fail is a share of the limit above 0 and at most 1, such as 0.8.", id="no number"),
        pytest.param("[budget]\nwarn = 0.9\n", "budget.toml:2: budget.warn is above fail, so that nothing would warn.", id="warn above fail"),
        pytest.param("[budget]\nbaseline = 1\n", "budget.toml:2: budget.baseline is the path of a profile in quotes.", id="no path"),
        pytest.param("[budget\n", "budget.toml: is no TOML: Expected ']' at the end of a table declaration (at line 1, column 8).", id="no TOML"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_line(tmp_path, text, message):
    with pytest.raises(CommandError) as error:
        read_budget(budget_file(tmp_path, text))
    assert str(error.value) == f"{tmp_path}/{message}"


def test_a_missing_budget_shows_one(tmp_path):
    with pytest.raises(CommandError) as error:
        read_budget(tmp_path / "budget.toml")
    assert str(error.value).endswith(f"A budget looks like this:\n\n{DEFAULT}")


@pytest.mark.parametrize("text", [DEFAULT, (ROOT / "budget.toml").read_text("utf-8")])
def test_the_example_and_ours_are_valid(tmp_path, text):
    budget = read_budget(budget_file(tmp_path, text))
    assert budget.growth == Growth(mib=8)
    assert budget.fail_mib == pytest.approx(409.6)


@pytest.mark.parametrize(("growth", "allowed"), [("8MiB", 108), ("5%", 105), ("2.5 %", 102.5)])
def test_growth_is_an_amount_or_a_share(tmp_path, growth, allowed):
    budget = read_budget(budget_file(tmp_path, f"[budget]\ngrowth = '{growth}'\n"))
    assert budget.growth.allowed_mib(100) == allowed


@given(
    names=st.lists(st.from_regex(r"[a-z][a-z0-9_]{0,12}", fullmatch=True), unique=True, max_size=6),
    gaps=st.lists(st.integers(0, 3), min_size=6, max_size=6),
)
def test_lines_hold_with_any_blank_and_comment(tmp_path_factory, names, gaps):
    lines = ["# [packages]", "[packages]"]
    at = {}
    for name, gap in zip(names, gaps, strict=False):
        lines += ["", "# x = 1"][: gap % 3]
        lines.append(f"{name} = '1MiB'")
        at[name] = len(lines)
    file = budget_file(tmp_path_factory.mktemp("b"), "\n".join(lines) + "\n")
    assert {name: read_budget(file).lines[f"packages.{name}"] for name in at} == at
