from __future__ import annotations

import pytest

from service.config import Settings
from service.read_settings import foreign_names, load_settings, misspelt_names, unknown_names
from vectorstore.commandline import CommandError, Exit


def refusal(**overrides: object) -> str:
    with pytest.raises(CommandError) as error:
        load_settings(**overrides)
    assert error.value.exit_code is Exit.ERROR
    return str(error.value)


def test_nothing_set():
    settings = load_settings()
    assert settings == Settings()
    assert (settings.engine, settings.llm_key, settings.memory_turns) == ("extractive", None, 5)


def test_the_environment_wins_over_the_file_and_the_command_over_both(tmp_path, monkeypatch):
    (tmp_path / ".env").write_text("PORT=1\nTOP_K=2\nMEMORY_TURNS=3\n")
    monkeypatch.setenv("TOP_K", "7")
    monkeypatch.setenv("PORT", "8")
    settings = load_settings(port=9)
    assert (settings.port, settings.top_k, settings.memory_turns) == (9, 7, 3)


def test_empty_counts_as_not_set(tmp_path, monkeypatch):
    (tmp_path / ".env").write_text("OPENROUTER_API_KEY=\nPORT=\n")
    monkeypatch.setenv("LLM_API_KEY", "")
    assert load_settings().llm_key is None


def test_names_in_any_case(tmp_path):
    (tmp_path / ".env").write_text("top_k=9\n")
    assert load_settings().top_k == 9


@pytest.mark.parametrize(
    ("settings", "engine", "key"),
    [
        pytest.param({}, "extractive", None, id="no key"),
        pytest.param({"openrouter_api_key": "or"}, "upstream", "or", id="OpenRouter"),
        pytest.param({"llm_api_key": "l", "openrouter_api_key": "or"}, "upstream", "l", id="both"),
        pytest.param(
            {"chat_engine": "extractive", "openrouter_api_key": "or"}, "extractive", "or", id="off"
        ),
    ],
)
def test_the_key_decides_the_engine(settings, engine, key):
    loaded = load_settings(**settings)
    assert loaded.engine == engine
    assert (loaded.llm_key.get_secret_value() if loaded.llm_key else None) == key


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        pytest.param("PORT", "http", "PORT (in the environment): input should be", id="no number"),
        pytest.param("PORT", "65536", "less than or equal to 65535", id="too large"),
        pytest.param("SESSIONS_MAX", "0", "greater than or equal to 1", id="no sessions"),
        pytest.param("SESSIONS_TTL_S", "nan", "SESSIONS_TTL_S (in the env", id="not a number"),
        pytest.param(
            "CHAT_ENGINE", "gpt", "'extractive', 'upstream' or 'langchain'", id="no engine"
        ),
        pytest.param("SESSIONS_MIB", "inf", "should be a finite number", id="infinite"),
        pytest.param("LOG_MEMORY_S", "1e-9", "must be 0, or at least 0.1", id="all the time"),
        pytest.param("CHAT_ENGINE", "upstream", "needs OPENROUTER_API_KEY or LLM_A", id="no key"),
        pytest.param(
            "LLM_BASE_URL",
            "http://example.org/v1",
            "LLM_BASE_URL (in the environment): must be https, or the key could be read",
            id="key in the clear",
        ),
        pytest.param(
            "LLM_BASE_URL", "https://me:secret@example.org/v1", "without user", id="password"
        ),
        pytest.param("LLM_BASE_URL", "ftp://x", "(in the environment): URL scheme", id="no web"),
        pytest.param("LLM_API_KEY", "sk secret", "printable ASCII without spaces", id="two words"),
        pytest.param("LLM_API_KEY", "sk-secret\n", "printable ASCII without spaces", id="newline"),
        pytest.param("API_TOKENS", " , ", "at least 16 letters", id="tokens without a token"),
        pytest.param(
            "STORE_URL", "mysql://me:secret@h/db", "must begin with postgresql://", id="no store"
        ),
        pytest.param("CORS_ORIGINS", "https://a.example/x", "without a path", id="a page"),
        pytest.param("CORS_ORIGINS", "https://sh\u00f6p.example", "in ASCII", id="not as sent"),
        pytest.param(
            "CORS_ORIGINS", "https://me:secret@a.example", "without a path", id="password"
        ),
        pytest.param("CORS_ORIGINS", "http://a.example:0", "such as https://shop", id="port 0"),
        pytest.param(
            "CORS_ORIGINS",
            "http://[::1]:3000, http://a.example:65536",
            "CORS_ORIGINS (in the environment): http://a.example:65536 is no origin: invalid port"
            " number.",
            id="port too large",
        ),
        pytest.param(
            "CORS_ORIGINS",
            "http://[::1::]:3000",
            "http://[::1::]:3000 is no origin: invalid IPv6 address",
            id="no address",
        ),
        pytest.param("MEMORY_LIMIT", "8MiB", "more than MEMORY_RESERVE_MIB", id="all reserve"),
    ],
)
def test_refused(monkeypatch, name, value, message):
    monkeypatch.setenv(name, value)
    assert message in refusal()
    assert "secret" not in refusal()


def test_a_slip_of_the_pen_in_the_file_is_refused_with_the_name_that_was_meant(tmp_path):
    (tmp_path / ".env").write_text("TOP_K=3\nSESION_MAX=5\nFOO=sk-secret\n")
    assert refusal() == (
        "SESION_MAX (.env, line 2) is no setting (did you mean SESSIONS_MAX?)."
        " `.env.example` explains every setting."
    )


FOREIGN = ["OPENAI_API_KEY", "LANGCHAIN_TRACING_V2", "DATABASE_URL", "DEBUG", "HF_TOKEN", "HOST"]


def test_what_other_programs_keep_in_the_file_is_left_to_them(tmp_path):
    lines = [f"{name}=sk-secret\n" for name in FOREIGN]
    (tmp_path / ".env").write_text("".join(["TOP_K=9\n", *lines, "SESSIONS_MX=\n"]))
    assert load_settings() == Settings(top_k=9)
    assert foreign_names() == FOREIGN


@pytest.mark.parametrize(
    ("value", "level"), [("INFO", "info"), ("WARN", "warning"), ("Warning", "warning")]
)
def test_log_levels_in_any_case(monkeypatch, value, level):
    monkeypatch.setenv("LOG_LEVEL", value)
    assert load_settings().log_level == level


def test_a_local_upstream_may_be_plain_http():
    url = "http://127.0.0.1:11434/v1"
    assert str(load_settings(llm_base_url=url).llm_base_url) == url


def test_keys_are_not_shown():
    settings = load_settings(llm_api_key="sk-secret", openrouter_api_key="or-secret")
    assert "secret" not in f"{settings!r} {settings} {settings.model_dump_json()}"


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        pytest.param("TOP_KK", "TOP_K", id="a letter more"),
        pytest.param("LLM_MODLE", "LLM_MODEL", id="letters swapped"),
        pytest.param("LLM_TIMEOUT", "LLM_TIMEOUT_S", id="a word missing"),
        pytest.param("session_max", "SESSIONS_MAX", id="small letters"),
    ],
)
def test_a_slip_of_the_pen_in_the_environment_is_refused_too(monkeypatch, name, meant):
    monkeypatch.setenv(name, "secret")
    assert refusal() == (
        f"{name} (in the environment) is no setting (did you mean {meant}?)."
        " `.env.example` explains every setting."
    )


def test_what_other_programs_have_in_the_environment_is_left_to_them():
    near = ["DB_MAX_CONNECTIONS", "LLM_MODEL_2", "LOGLEVEL", "PORTS"]
    names = [*near, "LLM_TIMEOUT_S", "PATH", "MAX_MIND_LICENSE", "REDIS_PORT", *FOREIGN]
    assert misspelt_names([*names, "SESSION_MAX"]) == ["SESSION_MAX"]
    assert unknown_names(names) == [
        "DB_MAX_CONNECTIONS (did you mean MAX_CONNECTIONS?)",
        "LLM_MODEL_2 (did you mean LLM_MODEL?)",
        "LOGLEVEL (did you mean LOG_LEVEL?)",
        "PORTS (did you mean PORT?)",
    ]


@pytest.mark.parametrize(
    ("given", "origins"),
    [
        ("https://Shop.example:443", ["https://shop.example"]),
        (
            "HTTP://a.example:80, https://b.example:8443",
            ["http://a.example", "https://b.example:8443"],
        ),
        ("http://a.example:443,http://[::1]:80", ["http://a.example:443", "http://[::1]"]),
        ("http://[::1]:3000,http://[0:0::1]:65535", ["http://[::1]:3000", "http://[::1]:65535"]),
    ],
)
def test_origins_become_what_browsers_send(given, origins):
    assert Settings(cors_origins=given).origins == origins
