"""The settings that change the address: from the environment, in no digest."""

from __future__ import annotations

from pathlib import Path

from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Read from variables that start with ROADWORTHY_."""

    model_config = SettingsConfigDict(env_prefix="ROADWORTHY_", frozen=True, extra="ignore")

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
