from __future__ import annotations

import pytest

from deploy.render.checks import check_blueprint

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
