"""What each host puts into the environment."""

from __future__ import annotations

from deploy.rehearse.host import HOSTS
from deploy.rehearse.placeholders import PLACEHOLDER
from tests.deploy.helpers import a_plan


def test_heroku_reckons_two_workers_where_no_config_var_says_otherwise():
    values = HOSTS["heroku"].environment(a_plan(environment={}), 5000, 512)
    assert (values["WEB_CONCURRENCY"], values["WEB_CONCURRENCY_SET_BY"]) == ("2", "heroku/python")


def test_a_config_var_wins_over_herokus_reckoning():
    values = HOSTS["heroku"].environment(a_plan(), 5000, 512)
    assert values["WEB_CONCURRENCY"] == "1"
    assert "WEB_CONCURRENCY_SET_BY" not in values


def test_render_and_railway_say_who_they_are_and_heroku_names_the_dyno():
    said = {name: host.environment(a_plan(), 5000, 512) for name, host in HOSTS.items()}
    assert said["render"]["RENDER"] == "true"
    assert said["railway"]["RAILWAY_ENVIRONMENT_NAME"] == "production"
    assert said["heroku"]["DYNO"] == "web.1"
    assert {values["PORT"] for values in said.values()} == {"5000"}


def test_a_secret_gets_a_placeholder_and_never_the_callers_value(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-mine")
    values = HOSTS["render"].environment(a_plan(), 5000, 512)
    assert values["OPENAI_API_KEY"] == PLACEHOLDER


def test_a_port_that_the_code_fixes_is_said_to_it():
    assert HOSTS["render"].environment(a_plan(port=8501), 8501, 512)["PORT"] == "8501"


def test_gunicorn_is_bound_by_render_to_the_port_that_it_gives():
    values = HOSTS["render"].environment(a_plan(), 5000, 512)
    assert values["GUNICORN_CMD_ARGS"] == "--bind=0.0.0.0:5000"


def test_the_name_that_visitors_ask_for_is_the_one_that_the_app_is_told():
    said = {name: host.environment(a_plan(), 5000, 512) for name, host in HOSTS.items()}
    assert HOSTS["heroku"].public_name(a_plan()) == "shop.herokuapp.com"
    assert said["render"]["RENDER_EXTERNAL_HOSTNAME"] == "shop.onrender.com"
    assert said["railway"]["RAILWAY_PUBLIC_DOMAIN"] == "shop.up.railway.app"
