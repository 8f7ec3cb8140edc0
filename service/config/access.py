"""Who may ask."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AnyHttpUrl, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def _as_sent(origin: str) -> str:
    """Also an IPv6 address as short as can be. Raises ValueError."""
    if not re.fullmatch(r"https?://([a-z0-9._-]+|\[[0-9a-f:.]+\])(:[1-9]\d*)?", origin):
        # Not shown: there could be a password in it.
        raise ValueError(
            "must be origins such as https://shop.example or http://[::1]:3000, in ASCII and without a"
            " path"
        )
    try:
        return str(AnyHttpUrl(origin)).removesuffix("/")
    except ValidationError as error:
        reason = error.errors()[0]["msg"].removeprefix("Input should be a valid URL, ")
        raise ValueError(f"{origin} is no origin: {reason}") from error


class Access(BaseSettings):
    """Who may ask."""

    api_tokens: SecretStr | None = Field(
        None,
        description="Tokens, with commas between them: who asks needs one of them, as `Authorization:"
        " Bearer TOKEN`; health checks and the chat page, which sends none, stay open.",
    )
    rate_limit: Annotated[int, Field(ge=0)] = Field(
        0,
        description="Questions that one client (a token, else an address) may ask in a minute, and"
        " conversations that it may delete; beyond, 429 with Retry-After. 0 for any number.",
    )
    trusted_proxies: Annotated[int, Field(ge=0, le=10)] = Field(
        0,
        description="Proxies in front that append to X-Forwarded-For, by which clients are told apart;"
        " hosts have 1 or more.",
    )
    cors_origins: str | None = Field(
        None,
        description="Origins of other web pages that may ask, with commas between them, such as"
        " https://shop.example; not set, browsers let none.",
    )

    @property
    def tokens(self) -> list[str]:
        """The API tokens; none needed when there are none."""
        return _words(self.api_tokens.get_secret_value() if self.api_tokens else "")

    @property
    def origins(self) -> list[str]:
        """The origins whose pages may ask."""
        return _words(self.cors_origins or "")

    @field_validator("cors_origins")
    @classmethod
    def _are_origins(cls, origins: str | None) -> str | None:
        """As browsers send them: in lower case, without the port that goes without saying."""
        return ",".join(map(_as_sent, _words((origins or "").lower())))

    @field_validator("api_tokens")
    @classmethod
    def _are_hard_to_guess(cls, tokens: SecretStr | None) -> SecretStr | None:
        # None at all, as of "," alone, would leave the service open.
        for token in _words(tokens.get_secret_value()) or [""] if tokens else []:
            if len(token) < 16 or not re.fullmatch(r"[\w.~+/=-]+", token, re.ASCII):
                raise ValueError("must be at least 16 letters, digits or . _ ~ + / = - each")
        return tokens
