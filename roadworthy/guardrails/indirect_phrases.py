"""The phrases by which an instruction to the assistant is known in a text that ought to be data."""

from __future__ import annotations

from roadworthy.guardrails.injection_phrases import RULES
from roadworthy.guardrails.phrase_rule import PhraseRule

_ANSWER = (
    r"(?:answers?|responses?|repl(?:y|ies)|outputs?|summar(?:y|ies)|solutions?|implementations?|codebase|"
    r"explanations?|wording|messages?)"
)
_DOING = (
    r"(?:use|include|insert|embed|incorporate|integrate|add|append|merge|infuse|introduce|blend|weave|inject|"
    r"utili[sz]e|apply|"
    r"place|put|ensure|make sure|write|format|encode|translate|respond|answer|reply|begin|start|end|finish|conclude|"
    r"combine|group|misspell|reverse|replace|remove|omit|drop|mirror|spell|encrypt|substitute|alternate|capitali[sz]e|"
    r"present|convert|rewrite|randomi[sz]e|repeat|mix|attach|implement|adopt|refine|enhance|modify|jumble|"
    r"scramble|render|fuse|craft|suggest|promote|blend)"
)
INDIRECT_RULES: tuple[PhraseRule, ...] = (
    *RULES,
    PhraseRule(
        "the answer's form",
        0.75,
        rf"^\W*(?:please )?{_DOING}\b.{{0,80}}\b(?:in|into|of|to|with|for|from|within|throughout|"
        rf"across) (?:your (?:\w+ ){{0,4}}{_ANSWER}|your code|the (?:\w+ )?(?:answer|response|reply|output|"
        rf"codebase))\b",
    ),
    PhraseRule("the answer's form", 0.75, rf"\b{_DOING}\b.{{0,60}}\byour (?:\w+ )?{_ANSWER}\b"),
    PhraseRule(
        "the answer's form",
        0.75,
        rf"^\W*(?:please )?{_DOING}\b.{{0,40}}\b(?:code|script) (?:block|snippet|excerpt|segment|fragment|section)\b",
    ),
    PhraseRule(
        "to the assistant",
        0.8,
        r"\b(?:dear |hey |hi |attention[,:]? |note (?:to|for) (?:the )?|message (?:to|for) (?:the )?|"
        r"instructions? (?:to|for) (?:the )?)(?:ai|a\.i\.|llm|chatbot|language model|assistants?|chatgpt|gpt|"
        r"bot|virtual assistant|helpdesk bot)\b",
    ),
    PhraseRule(
        "to the assistant",
        0.75,
        r"\b(?:ai|llm|chatbot|language model|assistants?|chatgpt|"
        r"(?:help ?desk )?bot)s?\b[,:]? (?:reading this |processing this |that reads? this )?(?:must|should|"
        r"shall|has to|have to|needs? to|is to|are to|is required|are required|will|please)\b",
    ),
    PhraseRule(
        "behind the user's back",
        0.8,
        r"\b(?:do not|don't|never|without) (?:mention\w*|tell\w*|inform\w*|reveal\w*|let\w*|show\w*|notify\w*|"
        r"alert\w*|warn\w*)\b.{0,30}\b(?:the |this )?(?:user|customer|client|instruction|message)",
    ),
    PhraseRule(
        "a tool",
        0.8,
        r"^[^\w\d]*(?:please |now |immediately )*(?:call|invoke|run|execute|use|"
        r"trigger)\b.{0,30}\b(?:[a-z]+_[a-z_]+|tool|function|api)\b",
    ),
    PhraseRule(
        "to whoever answers",
        0.75,
        r"\b(?:when|before|while|after) (?:answering|responding|replying|summari[sz]ing|you (?:answer|respond|"
        r"reply|summari[sz]e))\b.{0,60}\b(?:you|also|always|say|tell|include|add|ask|recommend|state|mention|"
        r"first)\b",
    ),
    PhraseRule(
        "to whoever answers",
        0.75,
        r"\b(?:tell|inform|instruct|convince|urge|ask|advise) the (?:user|customer|reader|client|"
        r"person)\b.{0,60}\b(?:to|that)\b.{0,80}\b(?:https?:|www\.|passwords?|pin\b|click|log ?in at|"
        r"send (?:money|it|them)|wire|download)",
    ),
)
