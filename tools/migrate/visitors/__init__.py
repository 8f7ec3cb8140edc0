"""How visitors are told apart: by the app's middleware, or by the chats of a bot."""

from __future__ import annotations
