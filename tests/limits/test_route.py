from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.limits.route import Route, host_of, local_path


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        pytest.param("/", "/", id="root"),
        pytest.param("/health", "/health", id="anything else stays"),
        pytest.param("/v1/chat/completions", "/v1/chat/completions", id="OpenAI"),
        pytest.param("/api/v1/chat/completions", "/v1/chat/completions", id="OpenRouter"),
        pytest.param("/openai/v1/chat/completions", "/v1/chat/completions", id="Groq"),
        pytest.param("/v1beta/openai/chat/completions", "/v1/chat/completions", id="Gemini"),
        pytest.param("/v1/v1/models", "/v1/models", id="doubled by mistake"),
        pytest.param("/api/v1/models?limit=5", "/v1/models?limit=5", id="query"),
        pytest.param(
            "/openai/deployments/gpt/chat/completions?api-version=2024-02-01",
            "/v1/chat/completions?api-version=2024-02-01",
            id="Azure",
        ),
        pytest.param("/api/v1", "/v1", id="nothing after"),
        pytest.param("/api/v1/key", "/v1/key", id="another endpoint"),
        pytest.param("/v12/key", "/v12/key", id="no v1"),
    ],
)
def test_local_path(target, expected):
    assert local_path(target) == expected


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126)).map(lambda text: "/" + text))
def test_a_path_stays_a_path_and_settles(target):
    once = local_path(target)
    assert once.startswith("/")
    assert local_path(once) == once


@pytest.mark.parametrize(
    ("authority", "host"),
    [
        pytest.param("openrouter.ai:443", "openrouter.ai", id="port"),
        pytest.param("OpenRouter.AI", "openrouter.ai", id="case"),
        pytest.param("[2001:db8::1]:443", "2001:db8::1", id="IPv6"),
        pytest.param("2001:db8::1:443", "2001:db8::1", id="IPv6 as httpx writes it"),
        pytest.param("user:secret@a.example:80", "a.example", id="user"),
    ],
)
def test_host_of(authority, host):
    assert host_of(authority) == host


@pytest.mark.parametrize("authority", ["", ":443", "[::1"])
def test_no_host(authority):
    with pytest.raises(ValueError, match="no host|Invalid IPv6"):
        host_of(authority)


def test_all_hosts_are_admitted_unless_some_are_named():
    assert Route("127.0.0.1", 1).admits("a.example")
    assert not Route("127.0.0.1", 1, allow=[]).admits("a.example")
    route = Route("127.0.0.1", 1, allow=["openrouter.ai", "*.example"])
    hosts = ["openrouter.ai", "a.example", "example", "evil-openrouter.ai", "a.example"]
    assert [route.admits(host) for host in hosts] == [True, True, False, False, True]
    assert route.asked == ["openrouter.ai", "a.example", "example", "evil-openrouter.ai"]
    assert route.refused == ["example", "evil-openrouter.ai"]
