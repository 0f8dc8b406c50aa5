"""What may stand in for a provider that does not answer, as the exchange decides it and telemetry keeps it."""

from __future__ import annotations

from typing import Literal

Fallback = Literal["", "kept_answer", "second_provider", "safe_template"]
"""What stood in for the provider; empty when nothing had to."""
