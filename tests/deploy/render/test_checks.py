from __future__ import annotations

import pytest

from deploy.render.checks import check_blueprint, check_instances

FILE = """\
services:
  - type: worker
    name: shop
    runtime: python
    plan: starter
    buildCommand: "true"
    startCommand: "true"
    envVars:
      - fromGroup: keys
"""
DECLARED = "envVarGroups:\n  - name: {}\n    envVars:\n      - key: A\n        value: b\n"


@pytest.mark.parametrize(
    ("groups", "wheres"),
    [
        pytest.param(DECLARED.format("keys"), [], id="declared"),
        pytest.param(
            DECLARED.format("other"),
            ["render.yaml::$.services[0].envVars[0].fromGroup"],
            id="another",
        ),
        pytest.param("", ["render.yaml::$.services[0].envVars[0].fromGroup"], id="none"),
    ],
)
def test_a_group_whose_names_cannot_be_seen_is_told(groups, wheres):
    problems = list(check_blueprint(FILE + groups))
    assert [(p.severity, p.where) for p in problems] == [("warning", where) for where in wheres]


@pytest.mark.parametrize(
    ("said", "wheres"),
    [
        pytest.param("numInstances: 1", [], id="one"),
        pytest.param("numInstances: 2", ["numInstances"], id="two"),
        pytest.param("scaling: {minInstances: 1, maxInstances: 3}", ["scaling"], id="up to three"),
    ],
)
def test_instances_that_share_nothing_are_named(said, wheres):
    text = f"services:\n- name: other\n  numInstances: 9\n- name: shop\n  {said}\n"
    found = [problem.where for problem in check_instances(text, "shop")]
    assert found == [f"render.yaml::$.services[1].{where}" for where in wheres]
