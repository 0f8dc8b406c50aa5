"""Latency and cost: how long people wait, where the time goes, and what it costs."""

from __future__ import annotations

from roadworthy.dashboards.panels.interface import (
    Dashboard,
    LivePanel,
    Measure,
    Panel,
    Source,
    Unit,
    quantile,
    rate,
    share,
)

_SECONDS = "roadworthy_request_duration_seconds"
_LEVELS = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
_ASKED = 'kind=~"answer|prediction"'


def _latency(kind: str) -> tuple[Measure, ...]:
    """Return the quantiles of the time that requests of a kind take."""
    only = f'kind="{kind}"'
    return tuple(
        Measure(
            f"quantile_cont(seconds, {level}) FILTER (kind = '{kind}' AND isfinite(seconds))",
            quantile(level, _SECONDS, "capability", only),
            name,
        )
        for name, level in _LEVELS.items()
    )


_PANELS = (
    Panel(
        "answer_seconds", "How long answers take", "From the request to the last byte.",
        Unit.SECONDS, Source.REQUESTS, ("capability",), _latency("answer"), alerts=("AnswersAreSlow",),
    ),
    Panel(
        "prediction_seconds", "How long predictions take", "From the request to the last byte.",
        Unit.SECONDS, Source.REQUESTS, ("capability",), _latency("prediction"), alerts=("PredictionsAreSlow",),
    ),
    Panel(
        "first_text_seconds", "How long until the first text", "Of answers that are streamed.",
        Unit.SECONDS, Source.REQUESTS, ("capability",),
        tuple(
            Measure(
                f"quantile_cont(first_text_seconds, {level}) FILTER (isfinite(first_text_seconds))",
                quantile(level, "roadworthy_first_text_seconds", "capability"),
                name,
            )
            for name, level in _LEVELS.items()
        ),
    ),
    Panel(
        "part_seconds", "Where the time goes", "The mean of each part of the work.",
        Unit.SECONDS, Source.PARTS, ("capability", "part"),
        (
            Measure(
                "avg(seconds) FILTER (isfinite(seconds))",
                f"{rate('roadworthy_part_duration_seconds_sum', 'capability, part')}"
                f" / {rate('roadworthy_part_duration_seconds_count', 'capability, part')}",
            ),
        ),
    ),
    Panel(
        "tokens", "Tokens", "What providers are paid for: read and written.",
        Unit.PER_MINUTE, Source.REQUESTS, ("capability",),
        tuple(
            Measure(
                f"nullif(sum({column}), 0)",
                f"60 * {rate('roadworthy_tokens_total', 'capability', matcher)}",
                name,
            )
            for name, column, matcher in (
                ("input", "prompt_tokens", 'direction="input"'),
                ("output", "completion_tokens", 'direction="output"'),
            )
        ),
    ),
    Panel(
        "cost", "Cost", "What providers are paid, by currency.",
        Unit.MONEY_PER_HOUR, Source.REQUESTS, ("capability", "currency"),
        (
            Measure(
                "nullif(sum(cost)::DOUBLE, 0)",
                f"3600 * {rate('roadworthy_cost_total', 'capability, currency')}",
            ),
        ),
        alerts=("CostSpike",),
    ),
    Panel(
        "cost_by_release", "Cost by release", "The same by release and arm: does the canary cost more?",
        Unit.MONEY_PER_HOUR, Source.REQUESTS, ("capability", "release", "arm", "currency"),
        (
            Measure(
                "nullif(sum(cost)::DOUBLE, 0)",
                f"3600 * {rate('roadworthy_cost_total', 'capability, release, arm, currency')}",
            ),
        ),
    ),
    Panel(
        "kept_answers", "Answers from the cache", "The part of answers that cost nothing because they were kept.",
        Unit.SHARE, Source.REQUESTS, ("capability",),
        (
            Measure(
                "part(count(*) FILTER (cached AND kind IN ('answer', 'prediction')),"
                " count(*) FILTER (kind IN ('answer', 'prediction')))",
                f"{rate('roadworthy_cache_hits_total', 'capability')}"
                f" / {rate('roadworthy_requests_total', 'capability', _ASKED)}",
            ),
        ),
    ),
)  # fmt: skip
_LIVE = (
    LivePanel(
        "Budgets", "The part of its budget that a key has spent in its period.",
        Unit.SHARE, ("key", "currency"),
        "max by (key, currency) (roadworthy_budget_spent / (roadworthy_budget_limit > 0))",
        alerts=("BudgetNearlySpent",),
    ),
    LivePanel(
        "Failures, to compare", "Slow and failing often come together.",
        Unit.SHARE, ("capability",),
        share("roadworthy_requests_total", "capability", 'ending=~"error|timeout|failed"', 'ending!="rejected"'),
    ),
)  # fmt: skip
LATENCY_AND_COST = Dashboard("latency_and_cost", "Latency and cost", _PANELS, _LIVE)
