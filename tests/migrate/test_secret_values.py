from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.migrate.helpers import path
from tools.migrate.secret_values import find_secrets, is_secret_file, mask

# Made up, and put together here so that no scanner takes them for real ones.
BODY = "".join("q7Rt2Lp9Xw4Zk8Vb3Nc6Md1Fg5Hj0SaYe"[n % 33] for n in range(0, 300, 7))
DASHES = "-" * 5
KEYS = {
    "an OpenRouter key": "sk-" + "or-v1-" + "0a9b8c7d6e5f4031" * 4,
    "an Anthropic key": "sk-" + "ant-" + BODY,
    "an OpenAI key": "sk-" + "proj-" + BODY,
    "a Groq key": "gs" + "k_" + BODY,
    "a Hugging Face token": "h" + "f_" + BODY[:34],
    "a Google API key": "AI" + "za" + BODY[:35],
    "a GitHub token": "gh" + "p_" + BODY[:36],
    "a Slack token": "xo" + "xb-" + "1029384756-" + BODY[:20],
    "an AWS key": "AK" + "IA" + "Q7RT2LP9XW4ZK8VB",
    "a Pinecone key": "pc" + "sk_" + BODY,
    "a Telegram bot token": "6012345678:" + "AA" + BODY[:33],
    "a signed token": "ey" + "J" + BODY[:20] + ".ey" + "J" + BODY[:30] + "." + BODY[:30],
}


@pytest.mark.parametrize("kind", KEYS)
def test_keys_by_their_shape(kind):
    text = f'llm = make(1, "{KEYS[kind]}")  # {kind}\n'
    assert [secret.kind for secret in find_secrets(text)] == [kind]
    assert mask(text) == f'llm = make(1, "***")  # {kind}\n'


@pytest.mark.parametrize(
    "text",
    [
        'API_KEY = "{}"',
        "settings.secret_key: str = '{}'",
        'os.environ["MY_API_KEY"] = "{}"',
        "os.getenv('ACCESS_TOKEN', '{}')",
        '{{"client_secret": "{}"}}',
        "connect(password='{}')",
        "TOKEN = '{}'",
        "client.run(token='{}')",
        "HUGGINGFACEHUB_API_TOKEN='{}'",
        "url = 'postgresql+psycopg://shop:{}@db.example.com/shop'",
        "TOKENS = []  # API_KEY='{}' for now",
    ],
)
def test_keys_by_their_names(text):
    assert mask(text.format(BODY)) == text.format("***")


@pytest.mark.parametrize(
    ("line", "name"),
    [("GROQ_API_KEY={}", ".env"), ("  api_key: {}  # here", "c.yaml"), ("api_key = {}", "app.ini")],
)
def test_values_without_quotes(line, name):
    text = f"A=1\n{line}\r\nB=2\n".replace("  # here", "")
    assert mask(text.format(BODY), path(name)) == text.format("***")
    assert mask(text.format(BODY), path("app.py")) == text.format(BODY)


@pytest.mark.parametrize(
    "text",
    [
        'api_key = os.environ["OPENROUTER_API_KEY"]',
        'API_KEY = "your-api-key-goes-in-here-1234"',
        'OPENAI_API_KEY = "sk-xxxxxxxxxxxxxxxxxxxxxxxxxxxx"',
        'key = "sk-your-openai-key-goes-here-1"',
        'max_tokens="4096409640964096"',
        'tokenizer = "sentence-transformers/all-MiniLM-L6-v2"',
        'pad_token = "<|endoftext|>0123456789"',
        'password = "correct horse battery"',
        'API_KEY = "aaaaaaaaaaaaaaaaaaaa1111"',
        "redis://default:${REDIS_PASSWORD}@cache:6379",
        "postgres://postgres:postgres@localhost/db",
        "task-" + "force" * 8,
        'api_key_name = ("API_KEY", "LANGCHAIN_TRACING_V2")',
        'next_token_id = "q7Rt2Lp9Xw4Zk8Vb3Nc6"',
        '"integrity": "sha512-' + BODY + '"',
    ],
)
def test_no_secrets(text):
    assert find_secrets(text) == []


def test_a_private_key_keeps_its_lines():
    text = f"{DASHES}BEGIN RSA PRIVATE KEY{DASHES}\n{BODY}\n{BODY}\n{DASHES}END RSA PRIVATE KEY{DASHES}\nx\n"
    masked = mask(text)
    assert BODY not in masked
    assert masked.count("\n") == text.count("\n")
    assert masked.endswith(f"{DASHES}END RSA PRIVATE KEY{DASHES}\nx\n")


@given(
    st.lists(st.text(st.characters(codec="utf-8"), max_size=20), min_size=1),
    st.sampled_from(sorted(KEYS)),
)
def test_masking_keeps_all_else(parts, kind):
    text = f'\n"{KEYS[kind]}"\n'.join(parts)
    assert mask(text) == '\n"***"\n'.join(parts)


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        (".env", True),
        (".env.local", True),
        ("a/.ENV", True),
        (".env.example", False),
        ("prod.env", True),
        (".envrc", True),
        (".env-prod", True),
        (".env.dist.local", True),
        (".streamlit/secrets.toml", True),
        ("credentials.json", True),
        ("example.env", False),
        (".env.prod.dist", False),
        (".env_template", False),
        ("environment.py", False),
    ],
)
def test_what_holds_secrets(name, secret):
    assert is_secret_file(path(name)) is secret
