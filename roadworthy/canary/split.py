"""Splits traffic: the same person always lands at the same point, so that shares grow without moving people around."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

PRODUCTION, CANARY = "production", "canary"
_POINTS = 2**64


@dataclass(frozen=True)
class Share:
    """A part of the traffic that an arm gets."""

    arm: str
    share: float
    """Between 0 and 1."""
    salt: str
    """What tells one split from another: people whom one canary met are not those whom the next one meets."""


def point(salt: str, person: str) -> float:
    """Return where `person` lies in the split called `salt`: evenly spread over [0, 1), and always the same.

    SHA-256 of both, as in Kohavi et al., Controlled experiments on the web (2009), section 4.1.1: hashing with a
    cryptographic function leaves no correlation between splits.
    """
    digest = hashlib.sha256(f"{salt}\0{person}".encode()).digest()
    # Fifty-three bits: more would round up to 1.0 now and then.
    return (int.from_bytes(digest[:8], "big") >> 11) / (_POINTS >> 11)


def choose_arm(shares: tuple[Share, ...], person: str) -> str:
    """Return the first arm within whose share `person` lies; production when there is none.

    Arms are asked in order, so that a canary takes its share of all, and an experiment its share of the rest.
    """
    for one in shares:
        if point(one.salt, person) < one.share:
            return one.arm
    return PRODUCTION
