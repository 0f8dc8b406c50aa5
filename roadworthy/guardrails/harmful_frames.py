"""What a request begins with, and the words that make words of harm harmless."""

from __future__ import annotations

ASKED = (
    r"^\W*(?:(?:please|could you|can you|would you|will you|help me(?: to)?|teach me|show me|tell me|"
    r"explain(?: to me)?)[ ,]+)*"
    r"(?:how|what(?:'s| is| are)? (?:the |some |a )?(?:\w+ ){0,2}(?:ways?|methods?|steps?|tips?|tricks?|best|"
    r"procedure|instructions|weapons?|object)|"
    r"ways?|tips|ideas|methods|steps|techniques|strategies|tricks|where can|which|write|create|develop|"
    r"provide|give|make|design|"
    r"generate|outline|publish|instruct|teach|show|list|explain|describe|draft|compose|produce|construct|"
    r"build|plan|devise|"
    r"formulate|suggest|convince|argue|illustrate|demonstrate|offer|post|share|record|script|manipulate|hack|steal|"
    r"i (?:want|need|would like|wanna|plan|intend)|help|tell|find|is it (?:ok|okay|possible|easy)|can i|"
    r"should i|why (?:should|are|do|is|was|can|don't|shouldn't))\b"
)
"""The beginning of a request, as opposed to a report or a question of what something is."""
HARMLESS = (
    r"\b(?:prevent\w*|protect(?!ed)\w*|defend\w*|avoid(?:ing)? (?:being|getting|becoming)(?! (?:caught|"
    r"detected|arrested))|avoiding (?!detection)|detect(?:s|ing)?\b|statistics|psychological|parents to deal|"
    r"stigma|initiatives|authenticate|betterment|explain like|like i am 5|understandable|threats|"
    r"monitoring network|heart|battlefield|old building|character try|praising|resources available|block(?:s|"
    r"ing|ed)?|stop(?:ping)? (?:people|someone|a|the|cyber|bull)|"
    r"mitigat\w+|report(?:ing)? (?:a|an|the|suspicious)|recogni[sz]e|recover(?:ing)? from|combat\w*|"
    r"fight(?:ing)? |raise awareness|awareness|"
    r"support for|cope with|victim of|mitre|harmful effects|dangers of|history of|prohibit\w*|"
    r"ethical implications|consequences of|"
    r"^how (?:did|were|was) (?!i\b)|films?\b|\w+ game\b|check(?:s|ing)? for|novel|fiction\w*|movie|film|"
    r"minecraft|in (?:a|the|this) (?:\w+ )?game|fortnite|call of duty|gta|grand theft auto|sims|video ?game|"
    r"mario|pokemon|chess|"
    r"python|linux|unix|terminal|dnd|d&d|dungeons|league of legends|counter-?strike|overwatch|hitman 3?|"
    r"assassin's creed)\b"
)
"""Words that turn the sense: defence, report, fiction, games and computers' own murder of processes."""
