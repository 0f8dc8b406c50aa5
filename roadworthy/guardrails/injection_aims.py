"""The phrases of what an injection aims at: the prompt, a dictated answer, data carried away, a false frame."""

from __future__ import annotations

from roadworthy.guardrails.phrase_rule import PhraseRule

_PROMPT = (
    r"(?:(?:system|initial|original|hidden|secret|initiali[sz]ation|full|entire|pre-?|above|previous|"
    r"first)[ -]?(?:system )?(?:prompts?|instructions?|message|directives?|rules|configuration)|"
    r"your (?:system )?(?:prompt|instructions|initial instructions|directives))"
)
_TELL = (
    r"(?:reveal|show|print|display|repeat|output|tell|give|write|share|leak|disclose|expose|list|recite|provide|"
    r"summari[sz]e|translate|encode|what (?:is|are|were|was)|send|copy|paste|return)"
)
AIMS: tuple[PhraseRule, ...] = (
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
