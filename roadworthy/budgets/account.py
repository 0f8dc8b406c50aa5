"""An account: who spends, and is held to a limit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Account:
    """Who spends. A request may draw on several: its key's and its tenant's."""

    kind: Literal["tenant", "key"]
    name: str
