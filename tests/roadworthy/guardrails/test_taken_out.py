"""Secrets and identifiers are taken out, and what only looks like them stays."""

from __future__ import annotations

import pytest
from guard_corpora import rows

from roadworthy.guardrails.identifiers import find_identifiers
from roadworthy.guardrails.interface import Context, Place
from roadworthy.guardrails.personal_data import PersonalDataGuard
from roadworthy.guardrails.secrets import SecretsGuard, find_secrets

KEY = "AKIA" + "QYLPMN5HFIQR7XYA"
TOKEN = "ghp_" + "wWPw5k4aXcaT4fNP0UcnZwJUVFk6LO0pINUx"
IDENTIFIERS = {
    "Write to ana.lima+x@mail.example.org.": "Write to [personal: email].",
    "IBAN DE89 3704 0044 0532 0130 00, please": "IBAN [personal: iban], please",
    "card 4111 1111 1111 1111 was lost": "card [personal: card-number] was lost",
    "my SSN is 514-69-0360": "my SSN is [personal: ssn]",
    "call me on 9472 7916?": "call me on [personal: phone]?",
    "reach me at +44 20 7946 0958 ext 12": "reach me at [personal: phone]",
    "Phone: (718) 555-0132": "Phone: [personal: phone]",
    "from 41.176.181.243 since Monday": "from [personal: ip-address] since Monday",
    "born on 11/22/2000 in Oslo": "born on [personal: date-of-birth] in Oslo",
    "date of birth: 3 March 1980": "date of birth: [personal: date-of-birth]",
    "my account number is 20905432": "my account number is [personal: account-number]",
    "see https://ann:pw123@files.example.com/a": "see [personal: url-credentials]",
    "driver's license number is F162823540116": "driver's license number is [personal: driving-licence]",
    "cvv is 739": "cvv is [personal: card-code]",
    "Meine Telefonnummer: Tel. 030 901820": "Meine Telefonnummer: Tel. [personal: phone]",
}
NOT_IDENTIFIERS = [
    "The fee is $12,500.00 and the limit 1,000,000 a day.",
    "Version 1.2.3 of 10/12/2025 at 12:30:45",
    "Order 4111111111111112 was sent",
    "I paid 45.20 on 11/12/2025 and 30.00 on 12/12/2025",
    "Add 20 and 30, then 40 and 50",
    "APY of 5.70% (+0.7%) from 2019-2024",
    "call me tomorrow about the 25,000 limit",
    "see std::vector and 12:30",
]
SECRETS = {
    f"key {KEY} here": "key [secret: aws-key] here",
    f"use {TOKEN}.": "use [secret: github-token].",
    "my password is hunter2!x ok": "my password is [secret: password] ok",
    "postgres://ann:s3cr3tpw@db.example.org:5432/app": "[secret: connection-string]",
    "my PIN is 4821": "my PIN is [secret: pin]",
    "API key: 9f8a7b6c5d4e3f2a1b0c9d8e": "API key: [secret: token]",
    "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\n-----END RSA PRIVATE KEY-----": "[secret: private-key]",
}
NOT_SECRETS = [
    "I forgot my password, how do I reset it?",
    "The password is required, and the token is invalid.",
    "Is my PIN needed for 100 dollars?",
    "What is a secret key in cryptography?",
    "password: at least twelve characters",
]


@pytest.mark.parametrize("text", IDENTIFIERS)
def test_identifiers_are_replaced(text: str) -> None:
    """The placeholder says the kind, the rest stays."""
    assert PersonalDataGuard().scan(text, Place.INPUT, Context()).text == IDENTIFIERS[text]


@pytest.mark.parametrize("text", NOT_IDENTIFIERS)
def test_other_numbers_stay(text: str) -> None:
    """Amounts, dates, versions and orders identify nobody."""
    assert find_identifiers(text) == ()


@pytest.mark.parametrize("text", SECRETS)
def test_secrets_are_replaced(text: str) -> None:
    """The placeholder says the kind, the rest stays."""
    assert SecretsGuard().scan(text, Place.INPUT, Context()).text == SECRETS[text]


@pytest.mark.parametrize("text", NOT_SECRETS)
def test_words_about_secrets_stay(text: str) -> None:
    """A question about a password holds none."""
    assert find_secrets(text) == ()


WANTED = {
    "EMAIL_ADDRESS": "email",
    "PHONE_NUMBER": "phone",
    "IBAN_CODE": "iban",
    "CREDIT_CARD": "card-number",
    "US_SSN": "ssn",
    "IP_ADDRESS": "ip-address",
    "US_DRIVER_LICENSE": "driving-licence",
}


@pytest.mark.corpora
def test_structured_identifiers_are_found_where_people_marked_them() -> None:
    """Recall is .97 and precision .98 at least; a date of birth counts when a date is marked there."""
    wanted = hit = alarms = right = 0
    for row in rows("presidio_synth_v2"):
        found = find_identifiers(row["text"])
        spans = [span for span in row["spans"] if span["type"] in WANTED]
        wanted += len(spans)
        hit += sum(
            any(
                one.kind == WANTED[span["type"]] and one.start <= span["start"] and one.end >= span["end"]
                for one in found
            )
            for span in spans
        )
        alarms += len(found)
        marked = [*spans, *(span for span in row["spans"] if span["type"] == "DATE_TIME")]
        right += sum(any(one.start < span["end"] and span["start"] < one.end for span in marked) for one in found)
    assert hit / wanted >= 0.97
    assert right / alarms >= 0.98


@pytest.mark.corpora
def test_harmless_prompts_raise_no_alarm_for_secrets() -> None:
    """At most one prompt in 200."""
    texts = [row["text"] for name in ("wildguard_benign", "clinc150", "mtbench_vicuna") for row in rows(name)]
    assert sum(bool(find_secrets(text)) for text in texts) <= len(texts) / 200
