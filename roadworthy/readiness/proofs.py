"""All proofs that production asks for, in the order in which they are tried."""

from __future__ import annotations

from roadworthy.readiness.documentation import DOCUMENTATION
from roadworthy.readiness.rollback_plan import ROLLBACK_PLAN
from roadworthy.readiness.serving_controls import SERVING_CONTROLS
from roadworthy.readiness.staging_rehearsal import STAGING_TEST

PROOFS = (DOCUMENTATION, STAGING_TEST, SERVING_CONTROLS, ROLLBACK_PLAN)
