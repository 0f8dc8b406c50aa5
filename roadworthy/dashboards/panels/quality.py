"""Quality and feedback: what people say of answers, and what answers say of themselves."""

from __future__ import annotations

from roadworthy.dashboards.panels.interface import Dashboard, Measure, Panel, Source, Unit, rate, share

_REQUESTS = "roadworthy_requests_total"
_ANSWERS = 'kind="answer"'
_COMPLETE = 'ending!="rejected"'
_HANDED_OVER, _NOTED = 'kind="escalation"', 'ending="noted"'
_WHO = "capability, release, arm"
_BY_RELEASE = ("capability", "release", "arm")


def _of_answers(ending: str) -> Measure:
    """Return the part of answers that end in this way."""
    return Measure(
        f"part(count(*) FILTER (kind = 'answer' AND ending = '{ending}'),"
        " count(*) FILTER (kind = 'answer' AND ending <> 'rejected'))",
        share(_REQUESTS, "capability", f'ending="{ending}"', _ANSWERS, _COMPLETE),
        ending,
    )


_PANELS = (
    Panel(
        "thumbs", "Thumbs", "As people gave them, at the time when they did.",
        Unit.PER_MINUTE, Source.REQUESTS, ("capability", "thumb"),
        (
            Measure(
                "nullif(count(*) FILTER (thumb <> ''), 0)",
                f"60 * {rate('roadworthy_thumbs_total', 'capability, thumb')}",
            ),
        ),
    ),
    Panel(
        "thumbs_up", "Thumbs that are up", "The part of all thumbs, by release and arm.",
        Unit.SHARE, Source.REQUESTS, _BY_RELEASE,
        (
            Measure(
                "part(count(*) FILTER (thumb = 'up'), count(*) FILTER (thumb <> ''))",
                share("roadworthy_thumbs_total", _WHO, 'thumb="up"'),
            ),
        ),
        alerts=("ManyThumbsDown",),
    ),
    Panel(
        "resolved", "Matters that are settled", "The part of those of which people say either.",
        Unit.SHARE, Source.REQUESTS, _BY_RELEASE,
        (
            Measure(
                "part(count(*) FILTER (resolved), count(*) FILTER (resolved IS NOT NULL))",
                share("roadworthy_resolutions_total", _WHO, 'resolved="yes"'),
            ),
        ),
    ),
    Panel(
        "escalations", "Handed to a person", "Escalations beside answers.",
        Unit.SHARE, Source.REQUESTS, ("capability",),
        (
            Measure(
                "part(count(*) FILTER (kind = 'escalation' AND ending = 'noted'), count(*) FILTER (kind = 'answer'))",
                f"{rate(_REQUESTS, 'capability', _HANDED_OVER, _NOTED)}"
                f" / {rate(_REQUESTS, 'capability', _ANSWERS)}",
            ),
        ),
        alerts=("ManyEscalations",),
    ),
    Panel(
        "no_answer", "Refused, or not known", "The part of answers that are none.",
        Unit.SHARE, Source.REQUESTS, ("capability",), (_of_answers("refused"), _of_answers("unknown")),
    ),
    Panel(
        "cited", "Answers that cite a source", "The part of answers to which passages were retrieved.",
        Unit.SHARE, Source.REQUESTS, _BY_RELEASE,
        (
            Measure(
                "part(count(*) FILTER (cites), count(*) FILTER (retrieves))",
                share("roadworthy_retrieving_answers_total", _WHO, 'cited="yes"'),
            ),
        ),
        alerts=("FewAnswersCite",),
    ),
    Panel(
        "fallbacks", "What stood in for the provider", "A kept answer, a second provider, or the safe template.",
        Unit.PER_MINUTE, Source.REQUESTS, ("capability", "fallback"),
        (
            Measure(
                "nullif(count(*) FILTER (fallback <> ''), 0)",
                f"60 * {rate('roadworthy_fallbacks_total', 'capability, fallback')}",
            ),
        ),
    ),
)  # fmt: skip
QUALITY = Dashboard("quality", "Quality and feedback", _PANELS)
