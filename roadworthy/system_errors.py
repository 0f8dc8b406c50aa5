"""What the operating system refuses, said so that a person knows what to do."""

from __future__ import annotations

import errno
import os

from roadworthy.errors import RoadworthyError, StepFailed, UsageError

NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS)


def explained(error: BaseException) -> RoadworthyError | None:
    """Return the error for people when the disk is full or a path is forbidden; None when it is something else."""
    place = str(getattr(error, "filename", None) or "") or None
    code = getattr(error, "errno", None)
    # Libraries in C++ raise errors of their own, which quote the system's words.
    if code in NO_ROOM or any(os.strerror(known) in str(error) for known in NO_ROOM):
        return StepFailed(
            "the disk is full; what was being written is not kept",
            where=place or str(error).splitlines()[0],
            remedy="make room and run the same command again",
        )
    if code in FORBIDDEN:
        return UsageError(f"no permission: {os.strerror(code)}", where=place, remedy="check who owns it")
    return None
