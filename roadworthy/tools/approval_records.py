"""What is kept of an approval: the request, a person's yes or no, and a yes's use; digests and times, no contents."""

from __future__ import annotations

from datetime import UTC
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict


class Kept(BaseModel):
    """One record in the store."""

    model_config = ConfigDict(frozen=True, extra="forbid")


Moment = Annotated[AwareDatetime, AfterValidator(lambda moment: moment.astimezone(UTC))]


class ApprovalRequest(Kept):
    """Somebody's wish to call a tool with exact arguments; holds digests alone."""

    id: str
    capability: str = ""
    """Whose tool it is; empty in requests of earlier versions."""
    tool: str
    arguments_digest: str
    user_digest: str
    """Of the customer on whose behalf the call is; he may not approve it."""
    requested_at: Moment
    expires_at: Moment
    """When it is too late to approve it."""


class Approval(Kept):
    """A person's yes."""

    by: str
    approved_at: Moment
    expires_at: Moment
    """When it is too late to use it."""


class Refusal(Kept):
    """A person's no; it lasts as long as the request."""

    refused_by: str
    refused_at: Moment
    reason: str
    """For the people who work on the queue; redacted."""


Decision = Approval | Refusal
"""What a person said: one record, so that of a yes and a no at the same moment one wins."""


class Use(Kept):
    """The call for which an approval was used up."""

    used_at: Moment
