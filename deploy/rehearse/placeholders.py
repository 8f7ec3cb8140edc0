"""What stands for a secret in a rehearsal: of the form that its reader checks, and of no use."""

from __future__ import annotations

import re

PLACEHOLDER = "placeholder-not-a-secret"
# A name -> its value, the first that fits. Nothing listens on port 9.
_FORMS = (
    (re.compile(r"(TELEGRAM_|BOT_)+TOKEN|TOKEN"), f"123456:{PLACEHOLDER}-{PLACEHOLDER}"[:42]),
    (re.compile(r"MONGO.*(URI|URL)"), "mongodb://127.0.0.1:9/none"),
    (re.compile(r"REDIS.*(URI|URL)"), "redis://127.0.0.1:9/0"),
    (re.compile(r"(DATABASE|POSTGRES|PG|SQL).*(URI|URL|DSN)"), "postgresql://127.0.0.1:9/none"),
    (re.compile(r".*(URI|URL|DSN)"), "http://127.0.0.1:9"),
)


def placeholder(name: str) -> str:
    return next((value for form, value in _FORMS if form.fullmatch(name)), PLACEHOLDER)
