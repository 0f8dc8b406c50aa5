"""The step that puts an assistant's parts together, checks that they fit, and asks its model a first question."""

# Late imports: start-up time.
from __future__ import annotations

import asyncio
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from roadworthy.assistant.checking import (
    ANSWER_VARIABLES,
    CHOOSE_VARIABLES,
    WORD_VARIABLES,
    check_parts,
    check_variables,
)
from roadworthy.assistant.files import DESCRIPTION, AssistantFiles, parts_in_repository, prompt_names
from roadworthy.atomic import replacing_folder_or_file
from roadworthy.canonical import readable_json
from roadworthy.digest import digest_files
from roadworthy.errors import DataError
from roadworthy.params.assistant import IntegrateParams
from roadworthy.providers.configuration import EmbeddedConfiguration
from roadworthy.settings import Settings
from roadworthy.steps import Announce, Step
from roadworthy.workspace import Workspace
from tasks.language_model import open_language_model

if TYPE_CHECKING:
    from roadworthy.params.assistant import AssistantCapability
    from roadworthy.providers.interface import Provider


def integrate(params: IntegrateParams, workspace: Workspace, announce: Announce) -> None:
    """Write the assistant's folder: every part as it is in the repository, and a description with their digests."""
    settings = Settings(root=workspace.root)
    with replacing_folder_or_file(workspace.assistant) as folder:
        for name, source in parts_in_repository(params, workspace.root).items():
            _copy(source, folder / name, workspace.root)
        _check(params, AssistantFiles(folder, workspace.index), workspace.capability)
        providers = {"provider": open_language_model(params.provider, settings, announce)}
        if params.fallback_provider is not None:
            providers["fallback_provider"] = open_language_model(params.fallback_provider, settings, announce)
        for provider in providers.values():
            asyncio.run(_greet(provider, announce))
        (folder / DESCRIPTION).write_bytes(readable_json(_description(folder, providers)))


def _copy(source: Path, target: Path, root: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if not source.exists():
        where = source.relative_to(root).as_posix()
        raise DataError("there is no such file", where=where, remedy="correct its name in params.yaml, or write it")
    if source.is_dir():
        shutil.copytree(source, target)
    else:
        shutil.copyfile(source, target)


def _check(params: IntegrateParams, files: AssistantFiles, capability: str) -> None:
    """Read every part as serving will; a fault in one is found here, not by the first user."""
    from roadworthy.assistant.opening import open_guards
    from roadworthy.guardrails.policy import load_policy
    from roadworthy.prompting.reading import read_prompt
    from roadworthy.tools.loading import load_tools

    policy = load_policy(files.policy)
    open_guards(params, files, policy).close()
    wanted = (ANSWER_VARIABLES, CHOOSE_VARIABLES, WORD_VARIABLES)
    for name, variables in zip(prompt_names(params), wanted, strict=False):
        check_variables(read_prompt(files.prompts, name), variables)
    if params.tools:
        check_parts(capability, load_tools(files.tools), policy)


async def _greet(provider: Provider, announce: Announce) -> None:
    """Ask the model for a word, the first time: a dead endpoint is told of before a hundred queries are tried."""
    from roadworthy.providers.interface import Message, Request, Sampling

    try:
        completion = await provider.complete(Request((Message("user", "Say hello."),), Sampling(max_tokens=8)))
    finally:
        await provider.close()
    announce(f"{completion.model} answers")


def _description(folder: Path, providers: Mapping[str, Provider]) -> dict[str, object]:
    identities = {name: dict(provider.identity) for name, provider in providers.items()}
    return {**identities, "parts": digest_files(folder)}


def _inputs(capability: AssistantCapability, workspace: Workspace) -> tuple[Path, ...]:
    return tuple(parts_in_repository(capability.integrate, workspace.root).values())


def _pinned(capability: AssistantCapability) -> Mapping[str, str]:
    models = (capability.integrate.provider, capability.integrate.fallback_provider)
    return {
        part.uri: part.sha256 for model in models if isinstance(model, EmbeddedConfiguration) for part in model.weights
    }


INTEGRATE = Step(
    name="integrate",
    summary="put prompts, provider, policy, tools and guards together, and check that they fit",
    run=integrate,
    section="integrate",
    inputs=_inputs,
    pinned=_pinned,
    outputs=lambda capability, workspace: (workspace.assistant,),
    timeout_seconds=3600,
    libraries=("xllamacpp", "jinja2.sandbox", "frontmatter", "phonenumbers", "detect_secrets"),
    attempts=2,
)
