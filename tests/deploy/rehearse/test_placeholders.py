from __future__ import annotations

import pytest

from deploy.rehearse.placeholders import PLACEHOLDER, placeholder


@pytest.mark.parametrize(
    ("name", "begins"),
    [
        ("OPENAI_API_KEY", PLACEHOLDER),
        ("HF_TOKEN", PLACEHOLDER),
        ("TELEGRAM_BOT_TOKEN", "123456:"),
        ("TOKEN", "123456:"),
        ("MONGODB_URI", "mongodb://"),
        ("DATABASE_URL", "postgresql://"),
        ("REDIS_URL", "redis://"),
        ("WEBHOOK_URL", "http://"),
    ],
)
def test_a_reader_that_checks_the_form_takes_it(name, begins):
    assert placeholder(name).startswith(begins)
