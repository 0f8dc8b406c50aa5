"""The guard that takes secrets out of a text: detect-secrets' patterns, and rules of our own for sentences."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from importlib import import_module

from roadworthy.guardrails.interface import Context, Place, Scan, Settled, Verdict
from roadworthy.guardrails.many_sieves import ManySieves
from roadworthy.guardrails.needed_words import fold
from roadworthy.guardrails.secret_rules import RULES, find_by_rules
from roadworthy.guardrails.spans import Identifier, counted, replaced, settled_before, without_overlaps

FAMILY = "secret"
_PLUGINS = {
    "artifactory.ArtifactoryDetector": "artifactory-token",
    "aws.AWSKeyDetector": "aws-key",
    "azure_storage_key.AzureStorageKeyDetector": "azure-storage-key",
    "cloudant.CloudantDetector": "cloudant-key",
    "discord.DiscordBotTokenDetector": "discord-token",
    "gitlab_token.GitLabTokenDetector": "gitlab-token",
    "ibm_cloud_iam.IbmCloudIamDetector": "ibm-cloud-key",
    "ibm_cos_hmac.IbmCosHmacDetector": "ibm-cos-key",
    "mailchimp.MailchimpDetector": "mailchimp-key",
    "openai.OpenAIDetector": "api-key",
    "private_key.PrivateKeyDetector": "private-key",
    "pypi_token.PypiTokenDetector": "pypi-token",
    "sendgrid.SendGridDetector": "sendgrid-key",
    "slack.SlackDetector": "slack-token",
    "softlayer.SoftlayerDetector": "softlayer-key",
    "square_oauth.SquareOAuthDetector": "square-token",
    "stripe.StripeDetector": "stripe-key",
    "twilio.TwilioKeyDetector": "twilio-key",
}
"""By detect-secrets' plugin the kind. Left out: the entropy and keyword plugins, which look at quoted strings of source
code; public IP addresses, which are personal data here; and what our own rules do better: JWTs and basic authentication
as a whole (the plugins leave the signature and the user's name), GitHub's tokens faster,
Telegram's with a border, npm's in linear time (the plugin takes seconds for 16,000 characters of slashes)."""


class SecretsGuard:
    """Writes `[secret: aws-key]` for a key of AWS, and so on for each kind."""

    name = "secrets"

    def __init__(self, places: frozenset[Place] = frozenset(Place)) -> None:
        self.places = places
        _patterns()

    def scan(self, text: str, place: Place, context: Context) -> Scan:
        """Replace every secret; changed when there was one. Never blocks."""
        found = find_secrets(text)
        if not found:
            return Scan(Verdict.ALLOWED, text)
        return Scan(Verdict.CHANGED, replaced(text, found, FAMILY), f"taken out: {counted(found)}")

    def settled(self, text: str, since: int, context: Context) -> Settled:
        """Let through what stands before the first secret, and before what may become one."""
        patterns = [*(rule.pattern for rule in RULES), *(one.pattern for _, one in _patterns())]
        return settled_before(text, since, find_secrets(text), patterns)


def find_secrets(text: str) -> tuple[Identifier, ...]:
    """Return the secrets in `text`, in order and free of overlaps."""
    return without_overlaps(text, [*find_by_rules(text), *_find_by_plugins(text)])


def _find_by_plugins(text: str) -> Iterator[Identifier]:
    for kind, pattern in _patterns().passing(fold(text)):
        for match in pattern.finditer(text):
            group = next((group for group in range(1, pattern.groups + 1) if match[group]), 0)
            yield Identifier(*match.span(group), kind)


@lru_cache(maxsize=1)
def _patterns() -> ManySieves[str]:
    # Late imports: start-up time (detect-secrets brings requests).
    made: list[tuple[str, re.Pattern[str]]] = []
    for path, kind in _PLUGINS.items():
        module, name = path.split(".")
        plugin = getattr(import_module(f"detect_secrets.plugins.{module}"), name)
        made += [(kind, pattern) for pattern in plugin.denylist]
    return ManySieves(made)
