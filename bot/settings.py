"""Settings, read once from the environment and passed on; nothing imports them as globals."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

OFFICIAL_API = "https://api.telegram.org"


class Settings(BaseSettings):
    """`AMPARO_...` variables. Unknown ones are ignored; a wrong one is refused with its name."""

    model_config = SettingsConfigDict(env_prefix="AMPARO_", env_ignore_empty=True, extra="ignore")

    telegram_token: SecretStr | None = Field(default=None, description="Token of the seekers' bot, from BotFather.")
    responders_token: SecretStr | None = Field(
        default=None, description="Token of the responders' own bot; without it they write to the seekers' bot."
    )
    telegram_api: str = Field(default=OFFICIAL_API, description="Root address of a Bot API server.")
    data: Path = Field(default=Path("data"), description="Folder for the database and the key.")
    content: Path | None = Field(default=None, description="Folder of content/ and locales/; by default this project's own.")
    limits: Literal["on", "off"] = Field(default="on", description="off: no rate limits; honoured only with a loopback API.")
    organization: str | None = Field(default=None, description="Who runs this copy, as seekers read it.")
    webhook_url: str | None = Field(default=None, description="Public https address; without it Amparo polls.")
    webhook_listen: str = Field(default="127.0.0.1:8443", description="Where the webhook listens.")
    log_level: Literal["debug", "info", "warning", "error"] = Field(default="info", description="How much is logged; never words.")
    crash_at: str | None = Field(default=None, description="Fault tests only: POINT:N ends the process at the Nth pass; loopback only.")

    @field_validator("telegram_api")
    @classmethod
    def _root(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("must be the root address of a Bot API server, such as https://api.telegram.org")
        if parts.scheme == "http" and not is_loopback(parts.hostname):
            raise ValueError("must be https, unless it is a server on this machine")
        return value.rstrip("/")

    @field_validator("webhook_listen")
    @classmethod
    def _listen(cls, value: str) -> str:
        port = value.rpartition(":")[2] if ":" in value else ""
        if not (port.isascii() and port.isdigit() and int(port) < 65536):
            raise ValueError("must be an address and a port, such as 127.0.0.1:8443")
        return value

    @field_validator("webhook_url")
    @classmethod
    def _url(cls, value: str | None) -> str | None:
        parts = urlsplit(value or "https://nowhere")
        if not parts.hostname or (parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(parts.hostname))):
            raise ValueError("must be a public https address")
        return value

    @model_validator(mode="after")
    def _only_on_loopback(self) -> Settings:
        if not self.loopback and (self.limits == "off" or self.crash_at):
            raise ValueError("AMPARO_LIMITS=off and AMPARO_CRASH_AT are honoured only with an API on this machine")
        if not self.loopback and (self.webhook_url or "https:").startswith("http:"):
            raise ValueError("AMPARO_WEBHOOK_URL must be https")
        return self

    @property
    def one_bot(self) -> bool:
        """Whether responders write to the seekers' bot."""
        return self.responders_token is None

    @property
    def desk_token(self) -> str:
        """The token responders' messages go out with."""
        token = self.responders_token or self.telegram_token
        return token.get_secret_value() if token else ""

    @property
    def loopback(self) -> bool:
        """Whether the Bot API server is on this machine: then this is a demo or a test, and nobody real can be at the other end."""
        return is_loopback(urlsplit(self.telegram_api).hostname or "")


def is_loopback(host: str) -> bool:
    """Whether a host name or address is this machine's own."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
