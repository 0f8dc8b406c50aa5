"""A release's prompts in MLflow's prompt registry: one version for each text, whatever release has it."""

# Late imports below: start-up time.
from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from roadworthy.digest import digest_bytes
from tasks.registry.connect import Registry

if TYPE_CHECKING:
    from mlflow.entities.model_registry import PromptVersion

VERSION = "roadworthy.sha256"
"""The tag with the prompt's version: the digest of its file."""


def mirror_prompts(registry: Registry, bundle: Path, reference: str) -> dict[str, int]:
    """Make a version of each prompt in the bundle, unless there is one; return the versions by the prompts' names."""
    folder = bundle / "assistant" / "prompts"
    found = {}
    for path in sorted(folder.rglob("*.md")):
        name = registered_name(path.relative_to(folder).with_suffix("").as_posix())
        found[name] = int(_ensure(registry, name, path.read_bytes(), reference).version)
    return found


def registered_name(name: str) -> str:
    """Return the prompt's name as MLflow takes it, without a slash."""
    return name.replace("/", ".")


def _ensure(registry: Registry, name: str, content: bytes, reference: str) -> PromptVersion:
    digest = digest_bytes(content)
    known = _find(registry, name, digest)
    if known is not None:
        return known
    return registry.client.register_prompt(
        name, content.decode(), commit_message=f"first released with {reference}", tags={VERSION: digest}
    )


def _find(registry: Registry, name: str, digest: str) -> PromptVersion | None:
    """Look from the latest version down; a prompt has few versions, and they have no index by tag."""
    latest = registry.client.load_prompt(name, allow_missing=True, cache_ttl_seconds=0)
    for number in range(int(latest.version) if latest else 0, 0, -1):
        version = registry.client.get_prompt_version(name, number)
        if version is not None and version.tags.get(VERSION) == digest:
            return version
    return None
