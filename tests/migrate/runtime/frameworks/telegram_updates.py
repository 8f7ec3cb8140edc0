"""What Telegram sends to a bot that two people write to in turn."""

from __future__ import annotations


def updates():
    for number in range(4):
        for chat, name in ((11, "a"), (22, "b")):
            message = {
                "message_id": number + 1,
                "date": 1700000000,
                "text": f"{name}{number}",
                "chat": {"id": chat, "type": "private", "first_name": name},
                "from": {"id": chat, "is_bot": False, "first_name": name},
            }
            yield {"update_id": 10 * number + chat, "message": message}
