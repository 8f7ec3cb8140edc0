"""Whatever the plan, a host takes the files that are made of it, and reads in them what it says."""

from __future__ import annotations

import json
import re
import shlex
import tomllib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deploy.finding.names import slug
from deploy.formats import procfile, yaml_file
from deploy.heroku.sizes import MEMORY as SIZES
from deploy.platforms import PLATFORMS
from deploy.render.plans import MEMORY, RENAMED, SINCE_AUGUST
from tests.deploy.helpers import a_plan

# What YAML, TOML, JSON, a shell or Docker give a meaning to, and letters that are not ASCII.
ODD = st.text(st.sampled_from("aZ0 .-_'\"\\$#%:;,{}[]()&*!|<>@`~=?éß日😀"), max_size=12)
MEANT = st.sampled_from(["", "3.10", "off", "null", "1e3", "~", "$HOME", "${PORT}", " a ", "- a"])
WORD = st.from_regex(r"[a-z][a-z0-9._/=:-]{0,8}", fullmatch=True) | ODD.filter(str.strip)
NAME = st.from_regex(r"MY_[A-Za-z0-9_]{1,10}", fullmatch=True)
PATH = st.sampled_from(["shop", "my models", "data/a b", "it's", "été", "models/one"])
FRAMEWORKS = ["fastapi", "flask", "django", "streamlit", "chainlit", "gradio", "telegram"]
PLANS = st.fixed_dictionaries(
    {
        "name": ODD.map(slug),
        "framework": st.sampled_from(FRAMEWORKS),
        "command": st.lists(WORD, max_size=4).map(lambda words: shlex.join(["python", *words])),
        "port": st.sampled_from(["$PORT", 8501, None]),
        "build": st.none() | st.sampled_from(["bin/make-model", "python 'my build.py' && ls"]),
        "keep": st.lists(PATH, unique=True, max_size=2).map(tuple),
        "dockerfile": st.booleans(),
        "reads": st.sampled_from([(), ("requirements.lock",), ("a b.txt", "limits.txt")]),
        "python": st.sampled_from(["3.10", "3.11", "3.11.9", "3.12.0", "3.13", "3.14"]),
        "health": st.none() | st.sampled_from(["/", "/health", "/_stcore/health", "/a?b=c&d"]),
        "folder": st.sampled_from([".", "backend", "my app", "it's/api"]),
        "manifest": st.sampled_from(["requirements.txt", "pyproject.toml", "my app/api.txt"]),
        "lock": st.none() | st.sampled_from(["requirements.lock", "my app/requirements.lock"]),
        "secrets": st.lists(NAME.map("{}_KEY".format), unique=True, max_size=3).map(tuple),
        "environment": st.dictionaries(NAME, ODD | MEANT, max_size=4).map(
            lambda variables: {"PYTHONUNBUFFERED": "1", **variables}
        ),
        "models": st.lists(PATH, unique=True, max_size=2).map(tuple),
        "stores": st.lists(PATH, unique=True, max_size=2).map(tuple),
        "peak_mib": st.none() | st.floats(0.1, 4000),
        "redis": st.booleans(),
        "instances": st.integers(1, 3),
        "render_plan": st.sampled_from([*MEMORY, *RENAMED, *SINCE_AUGUST]),
        "heroku_size": st.sampled_from(list(SIZES)),
        "limit_mib": st.sampled_from([256.0, 512.0, 1000.5, 8192.0]),
        "repository": st.none() | st.just("someone/shop.py"),
    }
)
# of the plan, not of the files
OF_THE_PLAN = {"port", "workers", "quoting", "manifest", "reserved", "plan", "instances"}


@pytest.mark.parametrize("host", sorted(set(PLATFORMS) - {"railway"}))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(values=PLANS)
def test_a_host_reads_what_the_plan_says(host, values):
    texts = checked(host, values)
    environment, command = READ[host](texts)
    assert {name: environment.get(name) for name in values["environment"]} == values["environment"]
    words = shlex.split(values["command"])
    assert shlex.split(command)[-len(words) :] == words


@settings(max_examples=4, deadline=None)  # each evaluates a program in a process of its own
@given(values=PLANS)
def test_programs_of_any_plan_are_valid(values):
    checked("railway", values)


def checked(host, values):
    plan = a_plan(**values)
    texts = {file.path: file.text for file in PLATFORMS[host].files(plan)}
    wrong = [p for p in PLATFORMS[host].problems(plan, texts) if p.severity == "error"]
    assert [str(p) for p in wrong if p.check not in OF_THE_PLAN] == []
    return texts


def render(texts):
    service = yaml_file.parse(texts["render.yaml"])["services"][0]
    pairs = {pair["key"]: pair["value"] for pair in service["envVars"] if "value" in pair}
    return pairs, service["startCommand"]


def heroku(texts):
    variables = json.loads(texts["app.json"])["env"]
    (command,) = procfile.parse(texts["Procfile"]).values()
    return {name: variable.get("value") for name, variable in variables.items()}, command


def docker(texts):
    """By Docker's own rules: in quotes, a backslash takes its meaning from \\, " and $."""
    lines = texts["Dockerfile"].splitlines()
    set_last = [line for line in lines if line.startswith("ENV ")][-1]
    pairs = re.findall(r'(\w+)=("(?:\\.|[^"\\])*"|\S+)', set_last)
    assert set_last == " ".join(["ENV", *(f"{name}={value}" for name, value in pairs)])
    plain = {n: re.sub(r'\\(["\\$])', r"\1", v[1:-1]) if v[0] == '"' else v for n, v in pairs}
    return plain, json.loads(lines[-1].removeprefix("CMD "))[-1]


def fly(texts):
    return tomllib.loads(texts["fly.toml"])["env"], docker(texts)[1]


def cloudrun(texts):
    template = yaml_file.parse(texts["service.yaml"])["spec"]["template"]["spec"]
    variables = template["containers"][0].get("env", [])
    return {pair["name"]: pair.get("value") for pair in variables}, docker(texts)[1]


READ = {"render": render, "heroku": heroku, "docker": docker, "fly": fly, "cloudrun": cloudrun}
