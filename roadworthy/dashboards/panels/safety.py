"""Safety and policy events: what guards, rules, limits and budgets stopped."""

from __future__ import annotations

from roadworthy.dashboards.panels.interface import Dashboard, LivePanel, Measure, Panel, Source, Unit, rate, share

_GUARDS = "roadworthy_guard_verdicts_total"
_CALLS = "roadworthy_tool_calls_total"
_POLICY = ("budget-exceeded", "key-missing", "not-allowed", "overloaded", "rate-limited", "switched-off")
"""Problems that a rule of ours makes, rather than a client's mistake."""
_BY_POLICY = 'problem=~"' + "|".join(_POLICY) + '"'
_STOPPED, _REFUSED = 'verdict=~"blocked|changed"', 'verdict="refused"'

_PANELS = (
    Panel(
        "blocked", "Blocked or changed, by guard", "More than usual is an attack, or a bad release.",
        Unit.PER_MINUTE, Source.GUARDS, ("capability", "guard", "verdict"),
        (
            Measure(
                "nullif(count(*) FILTER (verdict IN ('blocked', 'changed')), 0)",
                f"60 * {rate(_GUARDS, 'capability, guard, verdict', _STOPPED)}",
            ),
        ),
        alerts=("GuardsBlockMore",),
    ),
    Panel(
        "blocked_by_place", "Blocked, by place", "The part of texts: questions, documents, what tools return, answers.",
        Unit.SHARE, Source.GUARDS, ("capability", "place"),
        (
            Measure(
                "part(count(*) FILTER (verdict = 'blocked'), count(*))",
                share(_GUARDS, "capability, place", 'verdict="blocked"'),
            ),
        ),
    ),
    Panel(
        "not_scanned", "Guards that did not look", "They crashed or took too long; the text was held back.",
        Unit.SHARE, Source.GUARDS, ("capability", "guard"),
        (
            Measure(
                "part(count(*) FILTER (verdict = 'not_scanned'), count(*))",
                share(_GUARDS, "capability, guard", 'verdict="not_scanned"'),
            ),
        ),
        alerts=("GuardsCrash",),
    ),
    Panel(
        "tool_calls", "Tool calls, by what was said to them", "Done, refused, waiting for a person, failed.",
        Unit.PER_MINUTE, Source.CALLS, ("capability", "verdict"),
        (Measure("count(*)", f"60 * {rate(_CALLS, 'capability, verdict')}"),),
    ),
    Panel(
        "calls_refused", "Tool calls that were refused, by tool", "A rule said no.",
        Unit.PER_MINUTE, Source.CALLS, ("capability", "tool"),
        (
            Measure(
                "nullif(count(*) FILTER (verdict = 'refused'), 0)",
                f"60 * {rate(_CALLS, 'capability, tool', _REFUSED)}",
            ),
        ),
        alerts=("ToolCallsRefused",),
    ),
    Panel(
        "policy", "Limits, budgets, keys and switches", "Requests that a rule of the gateway turned away.",
        Unit.PER_MINUTE, Source.REQUESTS, ("capability", "problem"),
        (
            Measure(
                f"nullif(count(*) FILTER (problem IN {_POLICY}), 0)",
                f"60 * {rate('roadworthy_problems_total', 'capability, problem', _BY_POLICY)}",
            ),
        ),
    ),
)  # fmt: skip
_LIVE = (
    LivePanel(
        "Switched off", "1 for what an operator has switched off.", Unit.COUNT, ("capability", "target"),
        'max by (capability, target) (roadworthy_switched_off{capability=~"$capability"})',
    ),
)  # fmt: skip
SAFETY = Dashboard("safety", "Safety and policy events", _PANELS, _LIVE)
