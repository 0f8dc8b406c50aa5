"""Our own rules for secrets, where detect-secrets' plugins expect source code and people write sentences."""

from __future__ import annotations

import base64
import json
import math
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from roadworthy.guardrails.many_sieves import ManySieves
from roadworthy.guardrails.needed_words import fold
from roadworthy.guardrails.spans import Identifier


def _always(value: str) -> bool:
    return True


def _random_looking(value: str) -> bool:
    """At least 3 bits a character, and digits or mixed case among the letters: no word, no name of a variable."""
    mixed = value.lower() != value and value.upper() != value
    return entropy(value) >= 3 and (mixed or any(map(str.isdigit, value))) and any(map(str.isalpha, value))


def _password_like(value: str) -> bool:
    """A value that somebody chose: not a plain word, so that `password reset` and `password: required` stay."""
    return any(map(str.isdigit, value)) or any(not one.isalnum() and one not in "'’-_.," for one in value)


def _has_json_header(value: str) -> bool:
    header = value.partition(".")[0]
    try:
        return isinstance(json.loads(base64.urlsafe_b64decode(header + "=" * (-len(header) % 4))), dict)
    except ValueError:
        return False


@dataclass(frozen=True)
class Rule:
    """A pattern whose group `value` is a secret of this kind, if it also `holds`."""

    kind: str
    pattern: re.Pattern[str]
    holds: Callable[[str], bool] = _always


_ASSIGNED = r"[\"'`]?(?:[ \t]*(?:=>?|:=?|\bis|\bwas|\bto|\bist|\blautet)[ \t]*(?:now[ \t]|set to[ \t])?[\"'`]?)"
_NAME_OF_ONE = (
    r"(?:api|access|auth|app|secret|private|encryption|signing|client|bearer|refresh|session|account)[ _-]?"
    r"(?:access[ _-]?)?(?:key|token|secret)|secret|token|credentials?|apikey"
)
_AFTER_AWS_KEY = re.compile(
    r"(?:AKIA|ASIA)[A-Z0-9]{16}(?:[^A-Za-z0-9/+]|/(?=[^A-Za-z0-9/+])|\b(?:and|secret|key|access|aws|id)\b|_){1,40}"
    r"(?P<value>[A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])",
    re.IGNORECASE,
)
RULES = (
    Rule(
        "private-key",
        re.compile(
            r"(?P<value>-----BEGIN (?:[A-Z0-9]{1,12} ){0,4}PRIVATE KEY(?: BLOCK)?-----"
            r"(?:[^-]{1,8000}+(?:-----END [A-Z0-9 ]{1,40}-----)?)?)"
        ),
    ),
    Rule("aws-secret-key", _AFTER_AWS_KEY, _random_looking),
    Rule(
        "jwt",
        re.compile(r"(?<![\w-])(?P<value>eyJ[\w-]{5,4000}\.[\w-]{5,4000}(?:\.[\w-]{0,4000})?)"),
        _has_json_header,
    ),
    Rule(
        "connection-string",
        re.compile(
            r"(?P<value>\b[a-z][a-z0-9+.-]{1,24}://[^\s/:@?#\"']{0,128}:[^\s/@\"']{1,128}@[^\s\"'<>,;]{1,256})",
            re.IGNORECASE,
        ),
    ),
    Rule(
        "api-key",
        re.compile(r"(?<![A-Za-z0-9-])(?P<value>sk-(?:[A-Za-z0-9]{2,12}-){0,2}[A-Za-z0-9_-]{20,200})"),
        _random_looking,
    ),
    Rule("npm-token", re.compile(r"(?<!\w)(?P<value>npm_[A-Za-z0-9]{30,64})(?!\w)")),
    Rule("npm-token", re.compile(r":_authToken=\s{0,4}(?P<value>[\w-]{20,200})")),
    Rule("google-key", re.compile(r"(?<!\w)(?P<value>AIza[\w-]{35}|ya29\.[\w-]{20,400}|GOCSPX-[\w-]{28})(?![\w-])")),
    Rule("github-token", re.compile(r"(?<!\w)(?P<value>gh[pousr]_\w{36}|github_pat_\w{22,255})(?!\w)")),
    Rule("hugging-face-token", re.compile(r"(?<!\w)(?P<value>hf_[A-Za-z0-9]{30,60})(?!\w)"), _random_looking),
    Rule("telegram-token", re.compile(r"(?<![\w:])(?P<value>\d{8,10}:[\w-]{35})(?![\w-])")),
    Rule("slack-token", re.compile(r"(?<!\w)(?P<value>xox[abeprs]-[A-Za-z0-9-]{10,200})")),
    Rule(
        "bearer-token",
        re.compile(r"\b(?:bearer|basic)[ \t]+(?P<value>[A-Za-z0-9._~+/-]{20,2000}={0,2})", re.IGNORECASE),
        _random_looking,
    ),
    Rule(
        "password",
        re.compile(
            rf"\b(?:password|passwd|passphrase|passwort|kennwort|"
            rf"pwd){_ASSIGNED}(?P<value>[^\s\"'`,;]{{4,128}}[^\s\"'`,;.!?)])",
            re.IGNORECASE,
        ),
        _password_like,
    ),
    Rule(
        "pin",
        re.compile(
            r"\bpin(?:[ -]?(?:code|number))?(?:[ \t]*(?:=|:|\bis\b|\bwas\b|\bist\b)[ \t]*)(?P<value>\d{4,8})(?!\w)",
            re.IGNORECASE,
        ),
    ),
    Rule(
        "token",
        re.compile(
            rf"(?<![a-z])(?:{_NAME_OF_ONE}){_ASSIGNED}(?P<value>[A-Za-z0-9][A-Za-z0-9._~+/=-]{{14,511}}[A-Za-z0-9=])",
            re.IGNORECASE,
        ),
        _random_looking,
    ),
)


def find_by_rules(text: str) -> Iterator[Identifier]:
    """Yield what the rules find; overlaps are left in."""
    for rule, pattern in _sieved().passing(fold(text)):
        for match in pattern.finditer(text):
            if rule.holds(match["value"]):
                yield Identifier(*match.span("value"), rule.kind)


def entropy(value: str) -> float:
    """Return the bits a character of `value`, after Shannon, by its own frequencies."""
    counts = Counter(value).values()
    return -sum(count / len(value) * math.log2(count / len(value)) for count in counts)


@lru_cache(maxsize=1)
def _sieved() -> ManySieves[Rule]:
    return ManySieves((rule, rule.pattern) for rule in RULES)
