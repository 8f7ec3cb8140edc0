from __future__ import annotations

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.service.helpers import eventually, running
from tools.limits import upstream as local_upstream


@pytest.fixture(scope="module")
def fresh(tmp_path_factory):
    settings = {"MEMORY_TURNS": "2", "SESSIONS_MAX": "3", "LOG_MEMORY_S": "0.2"}
    with running(tmp_path_factory.mktemp("metrics"), **settings) as service:
        yield service


def test_prometheus_reads_them(fresh):
    response = fresh.client.get("/metrics")
    assert response.headers["content-type"].startswith("text/plain; version=0.0.4")
    families = {family.name: family for family in text_string_to_metric_families(response.text)}
    assert {
        "fit512_info",
        "fit512_anonymous_bytes",
        "fit512_answer_seconds",
        "fit512_cache_answers",
        "fit512_cache_bytes",
        "fit512_cache_requests",
        "fit512_first_token_seconds",
        "fit512_in_flight",
        "fit512_request_seconds",
        "fit512_requests",
        "fit512_retrieve_seconds",
        "fit512_rss_bytes",
        "fit512_sessions",
        "fit512_sessions_bytes",
        "fit512_sessions_dropped",
    } <= families.keys()
    info = families["fit512_info"].samples[0].labels
    assert (info["model"], info["engine"]) == ("all-MiniLM-L6-v2", "extractive")
    assert 30 < families["fit512_rss_bytes"].samples[0].value / 2**20 < 512


def test_requests_are_counted_by_route_not_by_path(fresh):
    fresh.client.request("PATCH", "/wp-login.php")
    fresh.client.get("/sessions/secret-id")
    text = fresh.client.get("/metrics").text
    assert 'fit512_requests_total{method="-",route="-",status="404"} 1.0' in text
    assert "wp-login" not in text
    assert "PATCH" not in text
    assert "secret-id" not in text


def test_sessions_are_counted_and_bounded(fresh):
    for n in range(5):
        fresh.chat("How much is shipping?", f"visitor-{n}")
    assert fresh.metric("fit512_sessions") == 3
    assert fresh.metric('fit512_sessions_dropped_total{reason="room"}') == 2
    assert 0 < fresh.metric("fit512_sessions_bytes") < 3000
    for n in range(5):
        assert fresh.client.delete(f"/sessions/visitor-{n}").status_code == (204 if n > 1 else 404)
    assert fresh.metric("fit512_sessions_bytes") == 0


def test_times_are_those_of_chat(fresh):
    before = fresh.metric("fit512_retrieve_seconds_count")
    fresh.chat("How long does delivery take?")
    assert fresh.metric("fit512_retrieve_seconds_count") == before + 1
    assert fresh.metric("fit512_answer_seconds_count") == before + 1


def test_the_memory_is_also_logged(fresh):
    eventually(lambda: "service.running memory rss_mib=" in fresh.log)
    line = next(line for line in fresh.log.splitlines() if " memory " in line)
    assert "anonymous_mib=" in line
    assert "sessions=" in line


def test_what_arrives_from_the_upstream_is_shown(tmp_path):
    with (
        local_upstream(token_rate=1) as local,
        running(tmp_path, LLM_API_KEY="k", LLM_BASE_URL=local.base_url) as service,
    ):
        assert service.metric("fit512_upstream_bytes") == 0
        body = {"question": "Do you take PayPal?"}
        with service.client.stream("POST", "/chat/stream", json=body):
            eventually(lambda: service.metric("fit512_upstream_bytes") > 0)
        eventually(lambda: service.metric("fit512_upstream_bytes") == 0)


def test_a_stream_that_fails_is_counted_as_a_failure(tmp_path):
    settings = {"LLM_API_KEY": "k", "LLM_RETRIES": "0"}
    with (
        local_upstream(faults={"cut": 1.0}) as local,
        running(tmp_path, LLM_BASE_URL=local.base_url, **settings) as service,
    ):
        *_, (name, problem) = service.stream("Do you take PayPal?")
        assert (name, problem["status"]) == ("error", 502)
        sample = 'fit512_requests_total{method="POST",route="/chat/stream",status="502"}'
        eventually(lambda: sample in service.client.get("/metrics").text)
        assert service.metric('fit512_upstream_failures_total{reason="broken"}') == 1
        assert "upstream failed reason=broken" in service.log
        assert "route=/chat/stream status=502" in service.log
