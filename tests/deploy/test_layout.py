"""An edited YAML file keeps the layout of whoever wrote it."""

from __future__ import annotations

from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.formats import yaml_file

FLAT = """\
services:
- type: web
  plan: free   # enough
  envVars:
  - key: LEVEL
    value: info

# database
databases:
- name: db
"""
DEEP = """\
services:
    -   type: web
        plan: free
        envVars:
            -   key: LEVEL
                value: info
"""
MIXED = FLAT.replace("  - key: LEVEL\n    value", "    - key: LEVEL\n      value")
BEGUN = "# of the shop\n---\n" + FLAT
LONG = FLAT.replace(
    "  envVars:", "  buildCommand: pip install .\n    && python make.py\n  envVars:"
)


def edited(text):
    document = yaml_file.parse(text)
    service = document["services"][0]
    service["plan"] = "standard"
    service["envVars"].append({"key": "NEW", "value": "1"})
    service["region"] = "ohio"
    return yaml_file.dump(document, text)


@pytest.mark.parametrize(
    ("text", "added"),
    [
        pytest.param(FLAT, "  - key: NEW\n    value: '1'\n", id="lists not indented"),
        pytest.param(MIXED, "    - key: NEW\n      value: '1'\n", id="some indented"),
        pytest.param(BEGUN, "  - key: NEW\n    value: '1'\n", id="a marked beginning"),
        pytest.param(LONG, "  - key: NEW\n    value: '1'\n", id="a value of two lines"),
    ],
)
def test_lines_of_a_person_stay_and_new_ones_stand_beside_them(text, added):
    expected = text.replace("free   # enough", "standard # enough")
    assert edited(text) == expected.replace("\n# database", f"{added}  region: ohio\n\n# database")


def test_items_far_from_their_dash_stay_there():
    added = "            -   key: NEW\n                value: '1'\n        region: ohio\n"
    assert edited(DEEP) == DEEP.replace("free", "standard") + added


def test_a_layout_that_cannot_be_followed_keeps_its_meaning():
    tagged = FLAT.replace("value: info", "value: !!str info")
    service = yaml_file.parse(edited(tagged))["services"][0]
    assert service["plan"] == "standard"
    assert [variable["key"] for variable in service["envVars"]] == ["LEVEL", "NEW"]


@given(st.integers(0, 4), st.integers(0, 4), st.text("abc# \n", max_size=12))
def test_an_edit_means_the_same_in_any_layout(outer, inner, comment):
    aside = "".join(f"# {line}\n" for line in comment.splitlines())
    text = dedent(
        f"""\
        services:
        {" " * outer}- type: web
        {" " * outer}  plan: free
        {" " * outer}  envVars:
        {" " * (outer + 2 + inner)}- key: LEVEL
        {" " * (outer + 2 + inner)}  value: info
        """
    )
    result = edited(text + aside)
    service = yaml_file.parse(result)["services"][0]
    assert (service["type"], service["plan"]) == ("web", "standard")
    assert [dict(variable) for variable in service["envVars"]] == [
        {"key": "LEVEL", "value": "info"},
        {"key": "NEW", "value": "1"},
    ]
    assert result.startswith(text.splitlines()[0] + "\n" + text.splitlines()[1] + "\n")
    assert aside in result
