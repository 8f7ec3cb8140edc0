"""A field of our service gets the name that Render has for it now; what stands around it stays."""

from __future__ import annotations

import pytest

from deploy.formats import yaml_file
from deploy.render.old_names import with_new_names

OLD = """\
services:
- type: web
  name: api
  env: python   # since May
  # theirs since June
  plan: free
- type: web
  name: page
  env: node
"""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(OLD, OLD.replace("env: python   #", "runtime: python #"), id="with comments"),
        pytest.param(
            OLD.replace("  name: api\n  env: python   # since May", "  env: python\n  name: api"),
            OLD.replace(
                "  name: api\n  env: python   # since May", "  runtime: python\n  name: api"
            ),
            id="at its place",
        ),
        pytest.param(OLD.replace("api", "other"), None, id="of another service"),
        pytest.param(OLD.replace("env: p", "runtime: p"), None, id="new already"),
        pytest.param(OLD.replace("  plan:", "  runtime: python\n  plan:"), None, id="both"),
        pytest.param("services: {}\n", None, id="no list"),
        pytest.param("- services\n", None, id="no mapping"),
    ],
)
def test_only_the_name_of_the_field_changes(before, after):
    document = yaml_file.parse(before)
    assert with_new_names("api", document) is (after is not None)
    assert yaml_file.dump(document, before) == (after or before)
