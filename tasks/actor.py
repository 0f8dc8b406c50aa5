"""Who acts when no service says so: the operating system's user, whom nobody authenticated."""

from __future__ import annotations

import getpass

from roadworthy.release.entries import Actor
from roadworthy.settings import Settings


def local_actor(settings: Settings | None = None) -> Actor:
    """Return the actor named by ROADWORTHY_ACTOR, or by the operating system."""
    name = (settings or Settings()).actor
    try:
        return Actor(name=name or getpass.getuser())
    except (OSError, KeyError):
        # A container may run under a user id that has no name.
        return Actor(name="unknown")
