"""A detector of injections by phrases: transparent, quick, and a second signal beside a trained one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

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
_DROPPING = tuple(
    [
        "ignor",
        "disregard",
        "forget",
        "overrid",
        "bypass",
        "neglect",
        "abandon",
        "discard",
        "drop",
        "skip",
        "cancel",
        "erase",
        "follow",
        "obey",
    ]
)
_PROMPT = (
    r"(?:(?:system|initial|original|hidden|secret|initiali[sz]ation|full|entire|pre-?|above|previous|"
    r"first)[ -]?(?:system )?(?:prompts?|instructions?|message|directives?|rules|configuration)|"
    r"your (?:system )?(?:prompt|instructions|initial instructions|directives))"
)
_TELL = (
    r"(?:reveal|show|print|display|repeat|output|tell|give|write|share|leak|disclose|expose|list|recite|provide|"
    r"summari[sz]e|translate|encode|what (?:is|are|were|was)|send|copy|paste|return)"
)


@dataclass(frozen=True)
class PhraseRule:
    """A phrase, and how sure it makes us, between 0 and 1."""

    name: str
    weight: float
    pattern: str
    hints: tuple[str, ...] = ()
    """One of these must stand in the text, in lower case, for the pattern to be tried; empty means always."""


RULES = (
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
    PhraseRule("the prompt", 0.9, rf"\b{_TELL}\b(?: \w+){{0,5}} {_PROMPT}"),
    PhraseRule(
        "the prompt",
        0.75,
        r"\b(?:what|which) (?:were|was|are|is|instructions?)\b.{0,30}\b(?:you told|told to you|you given|"
        r"given to you|(?:your|system|initial|hidden|original) (?:prompt|instructions?)|"
        r"before this conversation|instructed to)\b",
    ),
    PhraseRule(
        "the prompt",
        0.7,
        r"\b(?:everything|all (?:of )?the (?:text|words)|the (?:text|words|lines?|sentences?|paragraphs?)|"
        r"anything|what(?:'s| is)) (?:above|before this|preceding|written above|prior)\b",
    ),
    PhraseRule(
        "the prompt",
        0.75,
        r"\b(?:repeat|print|output|translate|summari[sz]e|spell.?check|"
        r"rewrite)\b(?: \w+){0,3} (?:the )?(?:above|previous|preceding|initiali[sz]ation)\b",
    ),
    PhraseRule(
        "the prompt",
        0.8,
        r"\b(?:instructions?|rules) (?:that )?you (?:were|have been|had been|got) (?:given|told)\b|\b(?:your|"
        r"the) system ?(?:prompt|instructions|message)\b|\bsystem_?prompt\b",
    ),
    PhraseRule(
        "the prompt, in German",
        0.8,
        r"\b(?:zeig|nenn|gib|sag|wiederhol|verrat|druck|schreib)\w*\b.{0,60}\b(?:prompt\w*|anweisungen|"
        r"instruktionen|system ?nachricht\w*|oben stehende\w*)\b",
    ),
    PhraseRule(
        "a false frame",
        0.85,
        r"(?:<\|?/?(?:im_start|im_end|system|endoftext|sys|inst|assistant|user)\|?>|\[/?(?:inst|sys|system)\]|"
        r"<</?sys>>|^#{2,} ?(?:system|instruction|new instructions|human|assistant)\b|\b(?:begin|end|"
        r"start) (?:of )?(?:out of date |new |system |user |the )*(?:prompt|instructions|input|context)\b)",
    ),
    PhraseRule(
        "a false frame",
        0.5,
        r"^[ \t]{0,4}(?:system|developer|admin(?:istrator)?|assistant|root)(?: (?:message|note|prompt|"
        r"override|alert))?\s?[:>]",
    ),
    PhraseRule(
        "a dictated answer",
        0.6,
        r"\b(?:say|print|output|type|write|respond|reply|answer|return|repeat|start|begin|proclaim|state|"
        r"display|prepend|include|complete)\b.{0,60}[\"'“`\[]\W{0,3}\s{0,2}(?:access|acc[e3]ss|i have been|"
        r"pwned|hacked)",
    ),
    PhraseRule("access granted", 0.45, r"\baccess[ _-]{0,3}grant\w{0,3}\b"),
    PhraseRule(
        "a dictated answer",
        0.55,
        r"\b(?:only|just|exactly|nothing (?:but|else)|simply) (?:say|respond|reply|answer|output|print|write|"
        r"return|repeat)\b|\b(?:say|respond|reply|answer|output|print) (?:only|with only|just|exactly|"
        r"with nothing)\b",
    ),
    PhraseRule(
        "a password that is claimed",
        0.6,
        r"^\W{0,12}(?:the )?(?:correct|accurate|right|valid|real) (?:password|access|code|passcode|key)\b",
    ),
    PhraseRule(
        "carrying data away",
        0.6,
        r"\b(?:send|forward|post|upload|email|exfiltrate|transmit)\b.{0,60}\b(?:to|at)\b.{0,20}(?:https?://|"
        r"\S{1,64}@\S)",
        ("://", "@"),
    ),
    PhraseRule(
        "hidden words",
        0.55,
        r"\b(?:decode|decipher|decrypt|unscramble|base ?64|rot ?13)\b.{0,60}\b(?:and|"
        r"then)\b.{0,30}\b(?:follow|execute|obey|do|answer|run|comply|respond)\b",
        ("code", "cipher", "crypt", "scramble", "base", "rot"),
    ),
    PhraseRule(
        "breaking off", 0.45, r"^[ \t]{0,4}(?:stop|wait|hold on|halt)\b.{0,30}\b(?:new|instead|now|forget|change)\b"
    ),
)


class PhraseDetector:
    """Scores a text by the phrases in it: 1 − ∏(1 − weight) over the rules that match, each name once."""

    name = "rules"

    def score(self, text: str) -> float:
        """Return how sure the phrases make us that `text` is an injection, between 0 and 1."""
        left = 1.0
        for weight in self.matches(text).values():
            left *= 1 - weight
        return 1 - left

    def matches(self, text: str) -> dict[str, float]:
        """Return the names of the rules that match, with the highest weight of each."""
        found: dict[str, float] = {}
        folded = re.sub(r"[ \t]+", " ", text.lower().replace("’", "'"))
        for rule, pattern in _compiled():
            if rule.weight > found.get(rule.name, 0) and pattern.search(folded):
                found[rule.name] = rule.weight
        return found


@lru_cache(maxsize=1)
def _compiled() -> tuple[tuple[PhraseRule, re.Pattern[str]], ...]:
    return tuple((rule, re.compile(rule.pattern, re.MULTILINE)) for rule in RULES)
