"""What is kept of an approval: the request, a person's yes, and its use; digests and times, no contents."""

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


class Use(Kept):
    """The call for which an approval was used up."""

    used_at: Moment
