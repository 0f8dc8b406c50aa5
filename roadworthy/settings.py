"""The settings that change the address: from the environment, in no digest."""

from __future__ import annotations

import os
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from roadworthy.errors import ParamsError

PREFIX = "ROADWORTHY_"
GATEWAY_PREFIX = "ROADWORTHY_GATEWAY_"
"""The gateway reads these itself."""


class Settings(BaseSettings):
    """Read from variables that start with ROADWORTHY_; one that is no setting is refused with a `ParamsError`."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore")

    root: Path = Path()
    """The repository."""
    home: Path = Path(".roadworthy")
    """Where local state lives: store, keys, caches, the local servers' databases; relative to the root."""
    store: str | None = None
    """Where releases and ledgers are kept: a folder, or s3://bucket/prefix; by default HOME/store."""
    signing_key: Path | None = None
    """The private key (PEM) that signs releases; by default made on first use at HOME/keys/signing.pem."""
    tracking_uri: str | None = None
    """The MLflow server; by default a SQLite file below HOME. MLFLOW_TRACKING_URI is read as well."""
    registry_wait_seconds: float = 30
    """How long a release waits for an MLflow that is down before it fails."""
    prefect_port: int = 4200
    """The local Prefect server's port; unused when PREFECT_API_URL names a server."""
    mlflow_port: int = 5000
    """The port on which `make ui` serves MLflow."""
    warm_processes: bool = True
    """Start the next steps' processes early, so that their imports overlap with work."""
    actor: str | None = None
    """The name under which the ledger records what is done here; by default the operating system's user."""
    alerts_urls: SecretStr | None = None
    """Where alerts go, as apprise writes addresses (json://, mailtos://, slack://), with spaces between them."""
    alerts_file: Path | None = None
    """A file with more of them, one a line; relative to the root."""
    watched_gateways: str | None = None
    """Addresses of gateways, with spaces between them, that are asked whether they could load what has to serve."""
    heartbeat_url: SecretStr | None = None
    """Fetched after each night that was read, so that a service elsewhere misses it when this machine is down."""

    @property
    def home_path(self) -> Path:
        """HOME as an absolute path."""
        return (self.root / self.home).resolve()

    @property
    def store_address(self) -> str:
        """The store's address: the one given, or the folder below HOME."""
        return self.store or str(self.home_path / "store")

    @property
    def signing_key_path(self) -> Path:
        """The private key's path; the public key lies beside it with the ending .pub."""
        return (self.signing_key or self.home_path / "keys" / "signing.pem").resolve()

    @model_validator(mode="before")
    @classmethod
    def _knows_every_variable(cls, given: Any) -> Any:
        """Refuse a misspelt variable: ignored, it would quietly mean another server or store."""
        known = [name.upper() for name in cls.model_fields]
        for variable in sorted(os.environ):
            name = variable.upper().removeprefix(PREFIX)
            ours = variable.upper().startswith(PREFIX) and not variable.upper().startswith(GATEWAY_PREFIX)
            if ours and name not in known:
                raise _unknown(variable, name, known)
        return given


def _unknown(variable: str, name: str, known: list[str]) -> ParamsError:
    near = get_close_matches(name, known, n=1)
    meant = f"did you mean {PREFIX}{near[0]}? " if near else "unset it; "
    return ParamsError(
        "there is no such setting",
        where=variable,
        remedy=f"{meant}there are: {', '.join(PREFIX + one for one in known)}",
    )
