"""The phrases of those who want to take the assistant over: other rules, another self, no refusals."""

from __future__ import annotations

from roadworthy.guardrails.phrase_rule import PhraseRule

_INSTRUCTIONS = (
    r"(?:inputs?|requests?|instruct\w*|directions?|directives?|rules?|guidelines?|prompts?|commands?|orders?|"
    r"context|conversations?|"
    r"training|programming|restrictions?|polic(?:y|ies)|tasks?|assignments?|messages?|text|warnings?)"
)
_DROP = (
    r"(?:ignor\w*|disregard\w*|forget\w*|overrid\w*|bypass\w*|neglect\w*|abandon\w*|discard\w*|drop|skip|cancel|"
    r"erase|do not (?:follow|obey)|don'?t (?:follow|obey)|stop (?:following|obeying))"
)
_PRIOR = r"(?:previous|prior|above|preceding|earlier|former|foregoing|initial|original|system|developer)"
_DROPPING = (
    "ignor", "disregard", "forget", "overrid", "bypass", "neglect", "abandon", "discard", "drop", "skip", "cancel",
    "erase", "follow", "obey",
)  # fmt: skip
TAKEOVERS: tuple[PhraseRule, ...] = (
    PhraseRule(
        "drop the rules", 0.95, rf"\b{_DROP}\b(?: \w+){{0,3}} {_PRIOR}(?: \w+){{0,2}} {_INSTRUCTIONS}\b", _DROPPING
    ),
    PhraseRule(
        "drop the rules",
        0.9,
        rf"\b{_DROP}\b(?: (?:all|any|every|of|the|your|my|these|those|its|and)){{1,4}} {_INSTRUCTIONS}\b",
        _DROPPING,
    ),
    PhraseRule(
        "drop what was said",
        0.9,
        rf"\b{_DROP}\b(?: (?:about|all|of|that))* ?(?:everything|anything|all|what(?:ever)?)\b(?: (?:that|"
        rf"which|was|is|has|have|been|were|you|you've|i|we|i've|they|ever))*(?: (?:said|told|written|above|"
        rf"before|prior|previously|learned|know|taught|instructed|asked|until|up to))",
        _DROPPING,
    ),
    PhraseRule("drop what was said", 0.8, rf"\b{_DROP}\b (?:the )?(?:above|previous|prior)\b", _DROPPING),
    PhraseRule(
        "drop the rules, in German",
        0.95,
        r"\b(?:vergiss|vergessen|ignorier\w*|missachte\w*)\b(?:,? \w+){0,5},? (?:anweisung\w*|instruktion\w*|"
        r"anleitung\w*|befehl\w*|aufgabe\w*|aufträge|zuvor|vorher\w*|bisherig\w*|oben\w*|davor|"
        r"vorangegangen\w*|gesagt\w*|informationen|text\w*|regeln)",
        ("vergiss", "vergess", "ignorier", "missacht"),
    ),
    PhraseRule(
        "drop the rules, in other languages",
        0.9,
        r"\b(?:забудь\w*|игнорируй\w*|zaboravi|zapomnij|忽略|无视|ignor[ae]\w*|olvida\w*|oublie[zr]?|ignore[zr]|"
        r"esque[cç]a|dimentica)\b(?: \w+){0,4} (?:instruc\w+|instruzion\w+|anterior\w*|pr[eé]c[eé]dent\w*|"
        r"órdenes|reglas)",
    ),
    PhraseRule(
        "new rules",
        0.6,
        r"\b(?:new|updated?|real|actual|important|urgent) (?:system )?(?:instructions?|task|directive|orders?|"
        r"prompt)\s?:",
    ),
    PhraseRule(
        "new rules",
        0.55,
        r"\b(?:from now on|henceforth|for the rest of (?:this|our) (?:conversation|chat))\b.{0,40}\b(?:you|"
        r"act|respond|answer|behave|reply)\b",
        ("from now", "henceforth", "for the rest"),
    ),
    PhraseRule(
        "new rules, in German",
        0.45,
        r"\b(?:neue (?:aufgabe|anweisung\w*|instruktion\w*)|von nun an|ab jetzt|ab sofort)\b",
    ),
    PhraseRule(
        "another self",
        0.55,
        r"\b(?:you are|you're|u are|act as|pretend (?:to be|you are|that you)|simulate|role-?play(?:ing)? as|"
        r"become|behave as|respond as|be|you will be|speak as)\b.{0,80}\b(?:unfiltered|uncensored|amoral|"
        r"immoral|unrestricted|jailb\w+|without (?:any )?(?:restrictions?|limit\w*|filters?|morals?|ethic\w*|"
        r"rules)|no (?:rules|restrictions|limits|filters?|morals?|ethical)|evil|free from)",
    ),
    PhraseRule(
        "another self",
        0.9,
        r"\b(?:do anything now|jail ?br(?:ea|o)k\w*|dan mode|developer mode|god mode|debug mode|sudo mode|"
        r"admin(?:istrator)? mode|maintenance mode|devmode|aim mode|stan mode|dude mode|(?:chat|text|tax|anti|"
        r"evil|bad|free|x)-?gpt\b.{0,60}\b(?:unfiltered|evil|rules|anything))",
    ),
    PhraseRule(
        "another self",
        0.45,
        r"\b(?:you are|you're) (?:now|no longer|not) (?:going to (?:be|act)|an? |the |my |in |chatgpt|gpt|"
        r"bound|dan\b|acting)",
    ),
    PhraseRule(
        "another self",
        0.4,
        r"\b(?:i want you to (?:act|pretend|ignore|simulate)|act as if|pretend (?:that )?you|"
        r"you will (?:now )?(?:act|pretend|roleplay|play)|let'?s (?:play|role-?play)|stay in character|"
        r"(?:never |do not |don't )break(?:ing)? character|in character)\b",
    ),
    PhraseRule(
        "no refusals",
        0.4,
        r"\b(?:never (?:refuse|say no|decline|reject)|(?:cannot|can't|can not|must not|do not|don't|won't|"
        r"will not) (?:refuse|decline|reject|apologi[sz]e)|without (?:any )?(?:warnings?|disclaimers?|"
        r"censorship|filter\w*|refus\w*|hesitation)|no (?:warnings?|disclaimers?|moral\w* (?:or|and)))\b",
    ),
    PhraseRule(
        "no refusals",
        0.45,
        r"\b(?:unfiltered|uncensored|amoral|no ethical|unethical|regardless of (?:its |the )?(?:legality|"
        r"morality|ethic\w*|how)|(?:no|any) (?:moral|ethical) (?:\w+ )?(?:restrictions?|constraints?|"
        r"guidelines?|limits?|limitations?|boundaries)|bypass\w* (?:the |your |all |any |"
        r"openai'?s? )?(?:\w+ )?(?:filter\w*|safe\w*|restrict\w*|polic\w*|guidelines|moderation))\b",
    ),
    PhraseRule(
        "against the provider",
        0.45,
        r"\bopenai(?:'?s)? (?:content |use |usage )?(?:polic\w+|guidelines?|rules?|restrictions?|tos|terms|"
        r"ethic\w*|censor\w*)",
        ("openai",),
    ),
)
