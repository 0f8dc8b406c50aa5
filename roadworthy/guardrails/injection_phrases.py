"""All phrases by which injections are known."""

from __future__ import annotations

from roadworthy.guardrails.injection_aims import AIMS
from roadworthy.guardrails.injection_takeovers import TAKEOVERS

RULES = (*TAKEOVERS, *AIMS)
