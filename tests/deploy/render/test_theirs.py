"""Services are edited where they stand, and a Redis that is there is the one that is used."""

from __future__ import annotations

import pytest

from deploy.cli import main
from deploy.formats import yaml_file
from deploy.generated import GeneratedFile, outcome_of
from deploy.render import files
from deploy.tree import plain
from tests.deploy.helpers import a_plan, write
from tests.deploy.test_adoption import APP

SERVICE = """\
- type: web
  name: shop
  runtime: python
  plan: starter
"""
PROJECT = """\
projects:
- name: all
  environments:
  - name: staging
    services: []
  - name: production   # customers
    services:
    - type: web
      name: shop
      runtime: python
      plan: starter
      envVars:
      - fromGroup: keys
    envVarGroups:
    - name: keys
      envVars:
      - key: OPENAI_API_KEY
        value: x
"""


def forced(before, written=None, **values):
    """render.yaml after --force, and the outcome."""
    file = files(a_plan(render_plan="starter", **values))[0]
    result = outcome_of(file, before, written, force=True)
    again = outcome_of(file, result.after, result.written, force=False)
    assert (again.changed, again.conflicts, again.missing) == (False, {}, ())
    return plain(yaml_file.parse(result.after)), result


def test_a_service_of_a_project_is_edited_where_it_stands():
    document, _ = forced(PROJECT)
    assert list(document) == ["projects"]
    staging, production = document["projects"][0]["environments"]
    assert staging["services"] == []
    (service,) = production["services"]
    assert service["startCommand"].startswith("uvicorn main:app")
    assert "OPENAI_API_KEY" not in str(service["envVars"])  # the group gives it


def test_the_names_of_a_project_are_never_taken_for_ours():
    _, result = forced(PROJECT)
    moved = "services:\n" + "".join(f"{line[4:]}\n" for line in PROJECT.splitlines()[7:13])
    document, _ = forced(moved, result.written)
    assert [service["name"] for service in document["services"]] == ["shop"]
    kept = outcome_of(
        GeneratedFile("render.yaml", "a: 1\n", "yaml"), result.after, result.written, force=True
    )
    names = plain(yaml_file.parse(kept.after))["projects"][0]
    assert (names["name"], [e["name"] for e in names["environments"]]) == (
        "all", ["staging", "production"]
    )  # fmt: skip


def test_a_blueprint_of_projects_is_taken_over_and_checked(tmp_path, capsys):
    write(tmp_path, {**APP, "render.yaml": PROJECT})
    assert main(["render", str(tmp_path), "--force"]) == 0
    assert main(["render", str(tmp_path), "--check"]) == 0
    text = (tmp_path / "render.yaml").read_text()
    assert text.count("- type: web") == 1
    (tmp_path / "render.yaml").write_text(text.replace("plan: starter", "plan: 7"))
    main(["render", str(tmp_path), "--check"])
    assert "render.yaml:11: '7' is no plan of Render" in capsys.readouterr().err


def test_a_key_value_service_goes_beside_the_service_of_a_project():
    document, _ = forced(PROJECT, redis=True)
    services = document["projects"][0]["environments"][1]["services"]
    assert [service["name"] for service in services] == ["shop", "shop-redis"]


REFERENCE = """\
  envVars:
  - key: REDIS_URL
    fromService:
      type: {}
      name: {}
      property: connectionString
"""


@pytest.mark.parametrize("kind", ["redis", "keyvalue"])
@pytest.mark.parametrize("reference", ["", REFERENCE])
def test_a_redis_that_is_there_is_used(kind, reference):
    store = f"- type: {kind}\n  name: cache\n  plan: standard\n  ipAllowList: []\n"
    document, _ = forced(
        f"services:\n{SERVICE}{reference.format(kind, 'cache')}{store}", redis=True
    )
    service, kept = document["services"]
    assert kept == {"type": kind, "name": "cache", "plan": "standard", "ipAllowList": []}
    (url,) = [item for item in service["envVars"] if item["key"] == "REDIS_URL"]
    assert url["fromService"] == {"type": kind, "name": "cache", "property": "connectionString"}


def test_of_several_the_one_that_is_named():
    stores = "".join(
        f"- type: redis\n  name: {name}\n  ipAllowList: []\n" for name in ("one", "two")
    )
    text = f"services:\n{SERVICE}{REFERENCE.format('redis', 'two')}{stores}"
    document, _ = forced(text, redis=True)
    assert [service["name"] for service in document["services"]] == ["shop", "one", "two"]


def test_a_redis_elsewhere_needs_no_service():
    text = f"services:\n{SERVICE}  envVars:\n  - key: REDIS_URL\n    sync: false\n"
    document, _ = forced(text, redis=True)
    assert [service["name"] for service in document["services"]] == ["shop"]


def test_a_redis_with_an_old_name_is_a_key_value_service(tmp_path, capsys):
    store = "- type: redis\n  name: cache\n  ipAllowList: []\n"
    text = f"services:\n{SERVICE}{REFERENCE.format('keyvalue', 'cache')}{store}"
    manifest = f"{APP['requirements.txt']}redis==5.0.0\n"
    write(tmp_path, {**APP, "requirements.txt": manifest, "render.yaml": text})
    assert main(["render", str(tmp_path), "--force"]) == 0
    assert "is a redis" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("theirs", "after"),
    [
        pytest.param("autoDeploy: false # by hand", 'autoDeployTrigger: "off" # by hand', id="off"),
        pytest.param("autoDeploy: true", 'autoDeployTrigger: "commit"', id="on"),
        pytest.param("autoDeploy: no", 'autoDeployTrigger: "off"', id="a text"),
        pytest.param("autoDeployTrigger: checksPass", None, id="new already"),
    ],
)
def test_when_it_is_deployed_stays_as_it_was(theirs, after):
    before = f"services:\n{SERVICE}  {theirs}\n  region: ohio\n"
    _, result = forced(before)
    assert f"  plan: starter\n  {after or theirs}\n  region: ohio\n" in result.after
    assert result.after.count("autoDeploy") == 1
