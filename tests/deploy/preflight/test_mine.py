from __future__ import annotations

import pytest

from deploy.preflight import mine
from deploy.preflight.context import Context
from deploy.repository import Repository
from tests.deploy.helpers import a_plan, write

PLAN = "render.yaml: services/[shop]/plan"
NESTED = "projects:\n- name: p\n  environments:\n  - name: e\n    services:\n    - {name: shop}\n"


def said(root, *entries):
    lines = "".join(f'  "{one}",\n' for one in entries)
    write(root, {"fit512.toml": f"[deploy]\nmine = [\n{lines}]\n"})
    context = Context(a_plan(), Repository(root), "render", 512.0)
    return [str(problem) for problem in mine.check(context)]


@pytest.mark.parametrize(
    "entry",
    [
        "render.yaml",
        PLAN,
        "render.yaml: services/[shop]",
        "render.yaml: services/[shop]/envVars/[WEB_CONCURRENCY]/value",
        "Procfile: web",
        "Procfile: clock",
        "app.json: formation/web/size",
        "fly.toml: http_service/checks",
        "Dockerfile",
        ".railway/railway.py",
        "bin/pre_compile",
        "railway.json",
    ],
)
def test_what_is_written_or_there_can_be_named(entry, tmp_path):
    write(tmp_path, {"Procfile": "clock: python clock.py\n"})
    assert said(tmp_path, entry) == []


def test_a_service_of_a_project_is_named_where_it_stands(tmp_path):
    write(tmp_path, {"render.yaml": NESTED})
    place = "projects/[p]/environments/[e]/services/[shop]/plan"
    assert said(tmp_path, f"render.yaml: {place}") == []
    assert len(said(tmp_path, PLAN)) == 1


@pytest.mark.parametrize(
    ("entry", "meant"),
    [
        ("render.yml", '; did you mean "render.yaml"?'),
        ("dockerfile", '; did you mean "Dockerfile"?'),
        ("render.yaml:services/[shop]/plan", f'; did you mean "{PLAN}"?'),
        ("render.yaml: services/[shop]/plann", f'; did you mean "{PLAN}"?'),
        ("render.yaml: services/shop/plan", f'; did you mean "{PLAN}"?'),
        ("nothing", ""),
    ],
)
def test_a_mistyped_entry_is_an_error_that_says_what_was_meant(entry, meant, tmp_path):
    message = f"mine: {entry!r} is no file that is written, and no value in one{meant}"
    assert said(tmp_path, "Dockerfile", entry) == [f"error: fit512.toml:4: {message} [mine]"]
