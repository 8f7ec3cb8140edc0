from __future__ import annotations

import pytest

from deploy.header import header, renewed
from deploy.platforms import PLATFORMS
from tests.deploy.helpers import a_plan


def test_a_figure_is_told_with_its_report():
    assert header("render", a_plan()).endswith("# Memory: not measured.\n")
    assert header("render", a_plan(peak_mib=148.0)).endswith(
        "# Memory: 148 MiB at most (a test).\n"
    )


@pytest.mark.parametrize("platform", sorted(PLATFORMS))
def test_no_file_promises_what_its_format_cannot_keep(platform):
    plan = a_plan(build="bin/make-model")
    for file in PLATFORMS[platform].files(plan):
        promised = "Values of your own survive." in file.text
        denied = "Edits do not survive" in file.text
        assert denied == (file.format == "text")
        assert not (promised and denied)


def test_only_the_figure_of_a_file_is_renewed():
    before = header("render", a_plan()) + "# ours\nname: shop # Memory: big\n"
    now = header("render", a_plan(peak_mib=148.0)) + "name: shop\n"
    assert renewed(before, now) == before.replace("not measured.", "148 MiB at most (a test).")
    assert renewed("name: shop\n", now) == "name: shop\n"
    assert renewed(before, "name: shop\n") == before
