"""What each platform makes of a plan, and its schema."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

import deploy
from deploy.formats import FORMATS
from deploy.platforms import PLATFORMS
from deploy.schemas import load_schema
from tests.deploy.helpers import a_plan


def test_platforms_are_in_order_and_have_a_folder_each():
    folders = {file.parent.name for file in Path(deploy.__file__).parent.glob("*/schema.json")}
    assert list(PLATFORMS) == sorted(folders)


@pytest.mark.parametrize("name", PLATFORMS)
def test_a_schema_is_the_one_that_its_source_names(name):
    folder = Path(deploy.__file__).parent / name
    source = json.loads((folder / "schema.source.json").read_text("utf-8"))
    assert hashlib.sha256((folder / "schema.json").read_bytes()).hexdigest() == source["sha256"]
    assert set(source) == {"url", "date", "copied_from", "licence_and_caveats", "sha256"}
    assert load_schema(name)


def test_render_keeps_a_redis_to_the_inside():
    text = PLATFORMS["render"].files(a_plan(redis=True, instances=2, render_plan="starter"))[0].text
    services = FORMATS["yaml"].parse(text)["services"]
    assert services[0]["numInstances"] == 2
    assert services[1] == {
        "type": "keyvalue",
        "name": "shop-redis",
        "plan": "free",
        "maxmemoryPolicy": "allkeys-lru",
        "ipAllowList": [],
    }


def test_a_bot_is_a_worker():
    bot = a_plan(port=None, command="python bot.py", health=None, render_plan="starter")
    service = FORMATS["yaml"].parse(PLATFORMS["render"].files(bot)[0].text)["services"][0]
    assert (service["type"], service["plan"]) == ("worker", "starter")
    assert PLATFORMS["heroku"].files(bot)[0].text == "worker: python bot.py\n"


def test_the_files_of_heroku():
    files = PLATFORMS["heroku"].files(a_plan(build="bin/make-model", keep=("shop", "models/one")))
    assert {file.path for file in files} == {
        "Procfile", "app.json", ".python-version", ".slugignore", "bin/post_compile",
    }  # fmt: skip
    assert files[-1].executable
    assert "! -name bin ! -name models ! -name shop" in files[-1].text


def test_what_railpack_does_not_install_the_build_command_does():
    seen = {
        manifest: '"buildCommand": "pip install' in PLATFORMS["railway"].files(plan)[0].text
        for manifest in ("requirements.txt", "pyproject.toml", "api.txt")
        for plan in [a_plan(manifest=manifest)]
    }
    assert seen == {"requirements.txt": False, "pyproject.toml": True, "api.txt": True}


def test_the_licence_of_each_schema_is_said():
    folder = Path(deploy.__file__).parent
    notice = (folder / "NOTICE.md").read_text("utf-8")
    for name in PLATFORMS:
        source = json.loads((folder / name / "schema.source.json").read_text("utf-8"))
        apache = source["licence_and_caveats"].startswith("Apache-2.0")
        (row,) = [line for line in notice.splitlines() if f"`{name}/schema.json`" in line]
        assert row.endswith("| Apache-2.0 |" if apache else "| none stated |")
    assert "Version 2.0, January 2004" in (folder / "LICENSE.Apache-2.0").read_text("utf-8")
