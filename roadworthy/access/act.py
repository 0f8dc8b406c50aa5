"""What somebody did as an administrator, as it goes into the audit log."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal


@dataclass(frozen=True)
class AdministrativeAct:
    """One act. Holds no secret and no customer's words."""

    at: datetime
    by: str
    what: Literal["key created", "key revoked"]
    target: str
    """The key's id."""
    tenant: str
    reason: str = ""


def not_audited(act: AdministrativeAct) -> None:
    """Do nothing with an act: for where there is no audit log."""
