"""The query that judges each row of a file of labels by what was predicted and what is kept."""

# ruff: noqa: S608  (nothing of a file or a caller stands in the query)
from __future__ import annotations

from roadworthy.labels.verdicts import LabelVerdict as Is

MOST_BEHIND_DAYS = 1
"""So long before its prediction an event may have been: clocks differ, and batches come late."""

ROWS = """
    create temp table predicted as
    select id as request, generate_subscripts(scores, 1) - 1 as "row", "at", release, digest, unnest(scores) as score,
           case when len(keys) = len(scores) then unnest(keys) end as key
    from scores
"""
"""One row for each predicted row."""
FIRST_OF_KEY = """
    create temp table places as
    select key, request, "row" from predicted where key is not null
    qualify row_number() over (partition by key order by "at", request, "row") = 1
"""
"""A key that was predicted again names its first prediction."""

GIVEN_BY_ROW = """
    select n, request, request as named, case when coalesce(trim("row"), '') = '' then 0
           -- DuckDB would round 0.5 without a word.
           when regexp_full_match(trim("row"), '-?[0-9]{1,9}([.]0*)?') then trim("row")::double::bigint end as "row",
           "row" as row_text, label, event_time from outcomes
"""
GIVEN_BY_KEY = """
    select n, places.request, outcomes.request as named, coalesce(places."row", 0) as "row", '' as row_text,
           label, event_time
    from outcomes left join places on places.key = outcomes.digest
"""

_READ = """
    select given.*, trim(event_time) as event_text, try_cast(nullif(trim(event_time), '') as timestamptz) as event,
           case lower(trim(label)) when '1' then 1 when '1.0' then 1 when 'true' then 1
                when '0' then 0 when '0.0' then 0 when 'false' then 0 end as value
    from given
"""
_JOINED = f"""
    select read.*, predicted."at", requests.request is not null as request_known, known.label as before,
           known.came as before_came, coalesce(read.event, predicted."at") as happened,
           min(value) over same <> max(value) over same as contradicts,
           row_number() over (partition by read.request, read."row", value order by n) as again
    from ({_READ}) as read
    left join predicted using (request, "row")
    left join (select distinct request from predicted) as requests using (request)
    left join known using (request, "row")
    window same as (partition by read.request, read."row")
"""


def judged(given: str) -> str:
    """Return the query; `given` is one of `GIVEN_BY_ROW` and `GIVEN_BY_KEY`, parameters are now, ahead and delay."""
    return f"""
    with given as ({given}), joined as ({_JOINED})
    select *, case
        when coalesce(trim(label), '') = '' then '{Is.NO_LABEL}'
        when value is null then '{Is.WRONG_VALUE}'
        when "row" is null or "row" < 0 then '{Is.WRONG_ROW}'
        when event_text <> '' and event is null then '{Is.WRONG_TIME}'
        when not request_known then '{Is.UNKNOWN_REQUEST}'
        when "at" is null then '{Is.UNKNOWN_ROW}'
        when event > $now or event < "at" - interval {MOST_BEHIND_DAYS} day
             or event > "at" + $ahead then '{Is.WRONG_TIME}'
        when contradicts then '{Is.CONTRADICTORY}'
        when again > 1 then '{Is.REPEATED}'
        when before = value then '{Is.KNOWN}'
        when before is not null then '{Is.CORRECTED}'
        when $now - happened > $delay then '{Is.LATE}'
        else '{Is.ADDED}' end as verdict,
        -- A correction came after what it corrects, whatever the clock says.
        greatest($now, before_came + interval 1 microsecond) as came
    from joined order by n
    """
