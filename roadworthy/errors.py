"""Every error that a person may see, each with what happened, where, and what to do next.

RoadworthyError                exit 1
├── UsageError                 exit 2   the request itself is wrong
│   ├── ParamsError                     params.yaml or a setting
│   └── UnknownName                     no such capability, release or step
├── DataError                  exit 3   the data can't be used
│   ├── SourceError                     can't be fetched, or isn't what its pin says
│   └── ValidationFailed                a hard expectation, or the quarantine's budget
├── IntegrityError             exit 4   bytes, signature or chain are not what was recorded
├── RuleBroken                 exit 5   evidence or approval does not allow the move
├── Unavailable                exit 6   a service that we need is down
│   └── ProviderFailed                  a language model gave no usable answer
├── Busy                       exit 7   somebody else is doing this now, or was faster
└── StepFailed                 exit 8   a step died without an explanation of its own
"""

from __future__ import annotations


class RoadworthyError(Exception):
    """The root: `problem` says what happened, `where` names file and field, `remedy` what to do next."""

    exit_code = 1

    def __init__(self, problem: str, *, where: str | None = None, remedy: str | None = None) -> None:
        super().__init__(problem)
        self.problem = problem
        self.where = where
        self.remedy = remedy

    def __str__(self) -> str:
        """The problem, then the place and the remedy, a line each."""
        lines = [self.problem]
        if self.where:
            lines.append(f"  where:  {self.where}")
        if self.remedy:
            lines.append(f"  remedy: {self.remedy}")
        return "\n".join(lines)

    def __reduce__(self) -> tuple[object, ...]:
        """Keep place and remedy when the error crosses a process's border."""
        return (_revive, (type(self), self.problem, self.where, self.remedy))


def _revive(kind: type[RoadworthyError], problem: str, where: str | None, remedy: str | None) -> RoadworthyError:
    return kind(problem, where=where, remedy=remedy)


class UsageError(RoadworthyError):
    """The request itself is wrong."""

    exit_code = 2


class ParamsError(UsageError):
    """params.yaml or a setting has an unknown key or a wrong value."""


class UnknownName(UsageError):
    """There is no capability, release or step of that name."""


class DataError(RoadworthyError):
    """The data can't be used."""

    exit_code = 3


class SourceError(DataError):
    """A source can't be fetched or read, or is not what its pin says."""


class ValidationFailed(DataError):
    """A hard expectation does not hold, or too many rows would go to quarantine."""


class IntegrityError(RoadworthyError):
    """Bytes, a signature or a chain of records are not what was recorded."""

    exit_code = 4


class RuleBroken(RoadworthyError):
    """Evidence or approval does not allow this move."""

    exit_code = 5


class Unavailable(RoadworthyError):
    """A service that we need is down or does not answer in time."""

    exit_code = 6


class ProviderFailed(Unavailable):
    """A language model's endpoint gave no usable answer, after what retries are allowed."""


class Busy(RoadworthyError):
    """Somebody else is doing this now, or was faster."""

    exit_code = 7


class StepFailed(RoadworthyError):
    """A step died without an explanation of its own."""

    exit_code = 8
