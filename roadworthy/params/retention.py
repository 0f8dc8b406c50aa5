"""The section about how long what happened is kept."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from roadworthy.params.base import Section

Days = Annotated[int, Field(ge=1, le=36_500)]


class RetentionParams(Section):
    """How many days each kind is kept, counted in UTC dates; ledgers, bundles and the audit log stay for ever."""

    content_days: Days = 30
    """What people asked and were answered, redacted; kept at all only where the gateway is told to."""
    event_days: Days = 400
    """What requests took and how they ended, without contents."""
    cache_days: Days = 90
    """Answers that models gave to evaluation queries, traces of rehearsals, and what DVC keeps of evaluation sets;
    counted from their last use, versions from when they were made. What a release needs stays."""
    log_days: Days = 30
    """What the local servers wrote."""
