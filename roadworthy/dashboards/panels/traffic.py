"""Traffic and errors: how much is asked, how it ends, what fails, and what is turned away."""

from __future__ import annotations

from roadworthy.dashboards.panels.interface import Dashboard, LivePanel, Measure, Panel, Source, Unit, rate, share

_REQUESTS = "roadworthy_requests_total"
_FAILED = 'ending=~"error|timeout|failed"'
_OURS = 'ending!="rejected"'
_FAILURES = "part(count(*) FILTER (ending IN ('error', 'timeout', 'failed')), count(*) FILTER (ending <> 'rejected'))"

_PANELS = (
    Panel(
        "requests", "Requests", "Everything that was asked of the gateway, what it turned away too.",
        Unit.PER_MINUTE, Source.REQUESTS, ("capability",),
        (Measure("count(*)", f"60 * {rate(_REQUESTS, 'capability')}"),),
    ),
    Panel(
        "endings", "How requests end", "Answered, predicted and noted are well; failed is the safe template.",
        Unit.PER_MINUTE, Source.REQUESTS, ("capability", "ending"),
        (Measure("count(*)", f"60 * {rate(_REQUESTS, 'capability, ending')}"),),
    ),
    Panel(
        "failures", "Failures", "The part of what was let in that ended in an error, a timeout or the safe template.",
        Unit.SHARE, Source.REQUESTS, ("capability",),
        (Measure(_FAILURES, share(_REQUESTS, "capability", _FAILED, _OURS)),),
        alerts=("RequestsFail",),
    ),
    Panel(
        "failures_by_release", "Failures by release", "The same by release and arm: does the canary fail more?",
        Unit.SHARE, Source.REQUESTS, ("capability", "release", "arm"),
        (Measure(_FAILURES, share(_REQUESTS, "capability, release, arm", _FAILED, _OURS)),),
    ),
    Panel(
        "problems", "Turned away or broken, by problem", "Limits, budgets, bad input, deadlines.",
        Unit.PER_MINUTE, Source.REQUESTS, ("capability", "problem"),
        (
            Measure(
                "nullif(count(*) FILTER (problem <> ''), 0)",
                f"60 * {rate('roadworthy_problems_total', 'capability, problem')}",
            ),
        ),
    ),
    Panel(
        "part_failures", "Parts that failed", "By part of the work; a request may still end well, by a second try.",
        Unit.PER_MINUTE, Source.PARTS, ("capability", "part"),
        (
            Measure(
                "nullif(count(*) FILTER (failure <> ''), 0)",
                f"60 * {rate('roadworthy_part_failures_total', 'capability, part')}",
            ),
        ),
    ),
)  # fmt: skip
_LIVE = (
    LivePanel(
        "Gateways that answer", "1 for each gateway that Prometheus reaches.",
        Unit.COUNT, ("instance",), 'up{job="roadworthy"}', alerts=("GatewayDown",),
    ),
    LivePanel(
        "Share of traffic by release", "Several digests for one arm mean that workers serve different releases.",
        Unit.SHARE, ("capability", "release", "arm", "digest"),
        'max by (capability, release, arm, digest) (roadworthy_release_share_ratio{capability=~"$capability"})',
        alerts=("WorkersServeDifferentReleases",),
    ),
    LivePanel(
        "Releases that could not be loaded", "1 for a release that should serve and does not.",
        Unit.COUNT, ("capability", "release"),
        'max by (capability, release) (roadworthy_release_not_loaded{capability=~"$capability"})',
        alerts=("ReleaseNotLoaded",),
    ),
    LivePanel(
        "Age of what is known of the ledger", "Promotions and rollbacks arrive no sooner.",
        Unit.SECONDS, ("capability",),
        'max by (capability) (roadworthy_ledger_age_seconds{capability=~"$capability"})', alerts=("LedgerNotFollowed",),
    ),
    LivePanel(
        "Workers that can say how they are", "0 when one can't.",
        Unit.COUNT, (), "min(roadworthy_condition_readable)", alerts=("ConditionUnreadable",),
    ),
    LivePanel(
        "Work in hand and waiting", "Requests being worked on; queues are in the next panel.",
        Unit.COUNT, (), "sum(roadworthy_requests_in_flight)",
    ),
    LivePanel("Queues", "Work that waits.", Unit.COUNT, ("queue",), "sum by (queue) (roadworthy_queue_length)"),
    LivePanel(
        "Events lost", "Every one is missing from the night's figures.",
        Unit.PER_MINUTE, (), "60 * sum(rate(roadworthy_telemetry_lost_events_total[$__rate_interval]))",
        alerts=("EventsLost",),
    ),
)  # fmt: skip
TRAFFIC = Dashboard("traffic", "Traffic and errors", _PANELS, _LIVE)
