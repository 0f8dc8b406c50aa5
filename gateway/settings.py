"""The gateway's own settings, from the environment: where it listens, and what it bears."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from roadworthy.settings import GATEWAY_PREFIX
from roadworthy.telemetry.content_policy import ContentPolicy


class GatewaySettings(BaseSettings):
    """Read from variables that start with ROADWORTHY_GATEWAY_."""

    model_config = SettingsConfigDict(env_prefix=GATEWAY_PREFIX, frozen=True, extra="forbid")

    host: str = "127.0.0.1"
    """Where it listens; beyond loopback only with a key."""
    port: int = Field(default=8000, ge=1, le=65535)
    workers: int = Field(default=1, ge=1, le=64)
    """Processes. Several need Redis, which they share limits through."""
    anonymous_loopback: bool = True
    """On loopback, as long as no key exists, callers need none."""
    redis_url: SecretStr | None = None
    """Where limits and budgets are counted for several workers or machines: redis://:PASSWORD@HOST:6379/0."""
    on_redis_outage: Literal["refuse", "local"] = "refuse"
    """Without Redis: refuse what has a limit, or let each worker allow its share."""
    deadline_seconds: float = Field(default=60, gt=0, le=3600)
    """For one request, all in all."""
    body_bytes: int = Field(default=2**20, ge=1024)
    body_seconds: float = Field(default=10, gt=0)
    at_work: int = Field(default=64, ge=1)
    """Requests at work at the same time, in each process."""
    waiting: int = Field(default=256, ge=0)
    waiting_per_tenant: int = Field(default=64, ge=0)
    most_rows: int = Field(default=1000, ge=1)
    """Rows in one request for predictions."""
    kept_answer_seconds: float = Field(default=300, ge=0)
    """How long a safe answer is given again to the same question; 0 for never."""
    content: ContentPolicy = ContentPolicy.NONE
    """What telemetry keeps of questions and answers."""
    follow_seconds: float = Field(default=0.2, gt=0)
    """How often the ledgers are looked at."""
    per_tenant_metrics: bool = False
