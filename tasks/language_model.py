"""Opens a capability's language model: weights fetched and put together, answers kept below HOME."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from roadworthy.providers.configuration import EmbeddedConfiguration, OpenAIConfiguration, open_provider
from roadworthy.settings import Settings
from roadworthy.steps import Announce
from tasks.needed_answers import answers_folder
from tasks.sources.pinned import joined_file

if TYPE_CHECKING:
    from roadworthy.providers.interface import Provider


def open_language_model(
    configuration: OpenAIConfiguration | EmbeddedConfiguration,
    settings: Settings,
    announce: Announce,
    *,
    keep_answers: bool = True,
) -> Provider:
    """Return the provider. Raises `ParamsError` for a key that is not set, and as fetching does.

    Answers to an evaluation's queries are kept, so that none is asked for twice; those to people are not.
    """
    weights = None
    if isinstance(configuration, EmbeddedConfiguration):
        weights = joined_file(configuration.weights, configuration.sha256, settings, announce)
    return open_provider(configuration, weights, os.environ, answers=answer_cache(settings) if keep_answers else None)


def answer_cache(settings: Settings) -> Path:
    """Return the folder in which models' answers are kept, each by the digest of what it depends on."""
    return answers_folder(settings.home_path)
